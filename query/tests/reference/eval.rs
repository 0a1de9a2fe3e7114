//! Expressions → sets, or the reason why there is no answer.

use super::beside::Beside;
use super::cells::group_cell;
use super::counts::often;
use super::floor::Doubt;
use super::groups::{Wanted, wanted};
use super::said::measured;
use super::sets::{ByFact, Entries, Group, Measured, Pairs, Set, Where, plain};
use super::world::{Attribution, Key, World, rounded};
use kndb_query::{
    ConditionKey, Dimension, Expr, ExprKind, Head, NeuronRange, SetOp, Settings, Sign, Source, SourceKind, Test, Units,
};
use kndb_storage::Shape;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

/// Why there is no answer.
pub type Refused = String;

/// A set saved with `let`.
#[derive(Clone, Debug)]
pub struct Saved {
    pub set: Set,
    /// Name of the model whose neurons it has.
    pub model: Option<String>,
}

/// Answers from plain data.
pub struct Reference<'w> {
    pub world: &'w World,
    /// The facts as results name them: those of the store, and strangers of an attached one.
    pub named: &'w World,
    pub beside: Option<&'w Beside>,
    pub saved: &'w BTreeMap<String, Saved>,
    pub settings: &'w Settings,
    /// The language of labels.
    pub labels: Option<String>,
    /// Doubts about facts and neurons that are filtered by: they concern the whole answer.
    pub doubt: Cell<Doubt>,
}

impl Reference<'_> {
    /// A set, and the model of its neurons.
    pub fn set(&self, expr: &Expr) -> Result<(Set, Option<String>), Refused> {
        self.set_beside(expr, None)
    }

    /// Neurons by number are of the model of the set that they are compared with.
    pub fn set_beside(&self, expr: &Expr, other: Option<&Expr>) -> Result<(Set, Option<String>), Refused> {
        let mut models = BTreeSet::new();
        let mut plain_numbers = false;
        self.models(expr, &mut models, &mut plain_numbers)?;
        if let (true, true, Some(other)) = (models.is_empty(), plain_numbers, other) {
            self.models(other, &mut models, &mut plain_numbers)?;
        }
        if models.is_empty() && plain_numbers {
            models = self.models_of_the_session();
        }
        if models.len() > 1 {
            return Err(format!("several models: {models:?}"));
        }
        let model = models.into_iter().next();
        if model.is_none() && plain_numbers {
            return Err("no model to number neurons of".into());
        }
        Ok((self.within(expr, model.as_deref())?, model))
    }

    /// Without a source, neurons by number are those of the session's run, or of the only model.
    fn models_of_the_session(&self) -> BTreeSet<String> {
        let runs = self.world.runs.iter().filter(|run| self.settings.run.as_ref().is_none_or(|name| *name == run.name));
        runs.map(|run| run.model.clone()).collect()
    }

    fn models(&self, expr: &Expr, models: &mut BTreeSet<String>, plain_numbers: &mut bool) -> Result<(), Refused> {
        if let Some((_, there, of)) = self.there(expr) {
            models.extend(there.set(&of)?.1);
            return Ok(());
        }
        match &expr.kind {
            ExprKind::Attached { .. } => return Err("no store is attached".into()),
            ExprKind::Binary { left, right, .. } => {
                self.models(left, models, plain_numbers)?;
                self.models(right, models, plain_numbers)?;
            }
            ExprKind::NeuronsOf(of) => self.models(of, models, plain_numbers)?,
            ExprKind::Rows(query) => match &query.head {
                // Rows of facts alone are facts.
                Head::Set(_) if !query.by.is_empty() && query.by.iter().all(|d| d.dimension == Dimension::Fact) => {}
                Head::Set(of) => self.models(of, models, plain_numbers)?,
                // Its rows are facts, or nothing.
                Head::Similarity { .. } => {}
                Head::Between { .. } => return Err("`between` is no set".into()),
            },
            // Facts are the same in every model.
            ExprKind::FactsOf(_) => {}
            ExprKind::Source(source) if source.kind == SourceKind::Facts => {}
            // Of any model: there are no neurons.
            ExprKind::Source(source) if source.kind == SourceKind::Entries => drop(self.runs(source)?),
            ExprKind::Source(source) => {
                models.extend(self.runs(source)?.into_iter().map(|run| self.world.runs[run].model.clone()));
            }
            ExprKind::Neurons(_) | ExprKind::OpenNeurons(_) => *plain_numbers = true,
            ExprKind::Saved(name) => {
                let saved = self.saved.get(&name.text).ok_or("unknown saved set")?;
                models.extend(saved.model.clone());
            }
        }
        Ok(())
    }

    pub fn shape(&self, model: Option<&str>) -> Option<Shape> {
        self.world.runs.iter().find(|run| Some(run.model.as_str()) == model).map(|run| run.shape)
    }

    pub fn within(&self, expr: &Expr, model: Option<&str>) -> Result<Set, Refused> {
        if let Some((beside, there, of)) = self.there(expr) {
            let (set, _) = there.set(&of)?;
            // A question about entries of the other store alone is answered there.
            if matches!(set, Set::Entries(_)) {
                return Err("entries of another store, chosen by facts of this one".into());
            }
            return Ok(self.brought(beside, &there, set));
        }
        match &expr.kind {
            ExprKind::Attached { .. } => Err("no store is attached".into()),
            ExprKind::Source(source) if source.kind == SourceKind::Facts => Ok(Set::Facts(self.facts(source)?)),
            ExprKind::Source(source) if source.kind == SourceKind::Entries => Ok(Set::Entries(self.entries(source)?)),
            ExprKind::Source(source) => Ok(Set::Pairs(Box::new(self.source(source, self.shape(model))?))),
            ExprKind::Neurons(ranges) => Ok(Set::Neurons(in_ranges(ranges, self.shape(model).ok_or("no model")?)?)),
            ExprKind::OpenNeurons(_) => Err("a parameter without a value".into()),
            ExprKind::Saved(name) => {
                Ok(self.saved.get(&name.text).ok_or_else(|| format!("unknown set @{name}"))?.set.clone())
            }
            ExprKind::NeuronsOf(of) => match self.within(of, model)? {
                Set::Pairs(pairs) => {
                    self.note(pairs.all_doubts());
                    Ok(Set::Neurons(pairs.neurons()))
                }
                _ => Err("`neurons of` takes pairs".into()),
            },
            ExprKind::Rows(query) => self.members(query, model),
            ExprKind::FactsOf(of) => match self.set(of)?.0 {
                Set::Pairs(pairs) => {
                    self.note(pairs.all_doubts());
                    Ok(Set::Facts(pairs.members.keys().copied().collect()))
                }
                Set::Entries(entries) => Ok(Set::Facts(entries.rows.into_iter().map(|(_, fact, _)| fact).collect())),
                Set::Chosen(facts) => Ok(Set::Facts(facts)),
                _ => Err("`facts of` takes pairs".into()),
            },
            ExprKind::Binary { op, left, right, .. } => {
                let (left, right) = (self.within(left, model)?, self.within(right, model)?);
                self.binary(*op, left, right, self.shape(model))
            }
        }
    }

    pub fn note(&self, doubt: Doubt) {
        self.doubt.set(self.doubt.get().or(doubt));
    }

    fn binary(&self, op: SetOp, left: Set, right: Set, shape: Option<Shape>) -> Result<Set, Refused> {
        let pairs = |pairs: Pairs| Ok(Set::Pairs(Box::new(pairs)));
        match (left, op, right) {
            (Set::Pairs(l), SetOp::Union, Set::Pairs(r)) => pairs(l.union(&r)),
            (Set::Pairs(l), SetOp::Intersection, Set::Pairs(r)) => pairs(l.intersection(&r)),
            (Set::Pairs(l), SetOp::Difference, Set::Pairs(r)) => pairs(l.difference(&r)),
            (Set::Pairs(l), SetOp::SymmetricDifference, Set::Pairs(r)) => pairs(l.symmetric_difference(&r)),
            (Set::Neurons(l), op, Set::Neurons(r)) => Ok(Set::Neurons(plain(op, &l, &r))),
            (Set::Facts(l), op, Set::Facts(r)) => Ok(Set::Facts(plain(op, &l, &r))),
            (Set::Pairs(of), SetOp::Intersection, Set::Neurons(n))
            | (Set::Neurons(n), SetOp::Intersection, Set::Pairs(of)) => pairs(of.only_neurons(&n)),
            (Set::Pairs(of), SetOp::Difference, Set::Neurons(n)) => {
                let some = shape.is_some_and(|shape| shape.neurons() > n.len() as u64);
                pairs(of.only_neurons_that(|neuron| !n.contains(&neuron), some))
            }
            (Set::Pairs(of), SetOp::Intersection, Set::Facts(f))
            | (Set::Facts(f), SetOp::Intersection, Set::Pairs(of)) => pairs(of.only_facts(|fact| f.contains(&fact))),
            (Set::Pairs(of), SetOp::Difference, Set::Facts(f)) => pairs(of.only_facts(|fact| !f.contains(&fact))),
            (Set::Entries(of), SetOp::Intersection, Set::Facts(f))
            | (Set::Facts(f), SetOp::Intersection, Set::Entries(of)) => {
                Ok(Set::Entries(of.only(|fact| f.contains(&fact))))
            }
            (Set::Entries(of), SetOp::Difference, Set::Facts(f)) => {
                Ok(Set::Entries(of.only(|fact| !f.contains(&fact))))
            }
            _ => Err("kinds that do not mix".into()),
        }
    }

    /// The runs a source asks for.
    fn runs(&self, source: &Source) -> Result<Vec<usize>, Refused> {
        let named = |name: &str| self.world.run(name).ok_or_else(|| format!("unknown run {name:?}"));
        let all: Vec<usize> = (0..self.world.runs.len()).collect();
        if all.is_empty() {
            return Err("no run".into());
        }
        match (source.condition(ConditionKey::Run).map(|c| &c.test), &self.settings.run) {
            (Some(Test::Names(names)), _) => {
                let runs: Result<BTreeSet<usize>, Refused> = names.iter().map(|name| named(&name.text)).collect();
                Ok(runs?.into_iter().collect())
            }
            (Some(_), _) => Ok(all),
            (None, Some(name)) => Ok(vec![named(name)?]),
            (None, None) => {
                let has = |run: &usize| !self.world.slots(*run, source.kind == SourceKind::Dkn).is_empty();
                let with: Vec<usize> = all.iter().copied().filter(has).collect();
                match (with.len(), all.len()) {
                    (1, _) => Ok(with),
                    (0, 1) => Ok(all),
                    _ => Err("several runs".into()),
                }
            }
        }
    }

    /// The facts that pass the conditions on facts.
    fn facts(&self, source: &Source) -> Result<BTreeSet<usize>, Refused> {
        let facts = &self.world.facts;
        let mut passing: BTreeSet<usize> = (0..facts.len()).collect();
        for condition in &source.conditions {
            match (condition.key, &condition.test) {
                (ConditionKey::Relation, Test::Names(names)) => {
                    let mut ids = BTreeSet::new();
                    for name in names {
                        // What Wikidata calls the three relations there can be.
                        let id = match name.text.as_str() {
                            "Capital" => "P36",
                            "official_language" => "P37",
                            "place of birth" => "P19",
                            id => id,
                        };
                        if !self.world.relations().contains(id) {
                            return Err(format!("unknown relation {name}"));
                        }
                        ids.insert(id);
                    }
                    passing.retain(|&fact| facts[fact].relation.as_deref().is_some_and(|id| ids.contains(id)));
                }
                (ConditionKey::Fact, Test::Names(ids)) => {
                    if let Some(id) = ids.iter().find(|id| self.world.find(&id.text).is_none()) {
                        return Err(format!("unknown fact {id}"));
                    }
                    passing.retain(|fact| ids.iter().any(|id| id.text == facts[*fact].id));
                }
                (ConditionKey::Subject, test) => {
                    passing.retain(|fact| facts[*fact].labels.values().any(|(subject, _)| holds(test, subject)));
                }
                (ConditionKey::Object, test) => {
                    passing.retain(|fact| facts[*fact].labels.values().any(|(_, object)| holds(test, object)));
                }
                _ => {}
            }
        }
        Ok(passing)
    }

    /// The (run, language, prompt)s that a source asks for, and its languages.
    fn slots(
        &self,
        source: &Source,
        runs: &[usize],
        groups: bool,
    ) -> Result<(BTreeSet<Where>, BTreeSet<String>), Refused> {
        let there = |run| self.world.slots(run, groups).into_iter().map(move |(lang, prompt)| (run, lang, prompt));
        let slots: BTreeSet<Where> = runs.iter().copied().flat_map(there).collect();
        if slots.is_empty() {
            return Err("nothing in the run".into());
        }
        let languages: BTreeSet<String> = match source.condition(ConditionKey::Lang).map(|c| &c.test) {
            Some(Test::Names(names)) => {
                if let Some(name) = names.iter().find(|name| slots.iter().all(|(_, lang, _)| *lang != name.text)) {
                    return Err(format!("unknown language {name}"));
                }
                names.iter().map(|name| name.text.clone()).collect()
            }
            _ => slots.iter().map(|(_, lang, _)| lang.clone()).collect(),
        };
        let prompts = numbers(source, ConditionKey::Prompt);
        let wanted = |(_, lang, prompt): &Where| languages.contains(lang) && prompts(u32::from(*prompt));
        let slots: BTreeSet<Where> = slots.into_iter().filter(wanted).collect();
        if slots.is_empty() {
            return Err("no such prompt".into());
        }
        Ok((slots, languages))
    }

    /// `entries[…]`.
    fn entries(&self, source: &Source) -> Result<Entries, Refused> {
        let runs = self.runs(source)?;
        let (slots, _) = self.slots(source, &runs, false)?;
        let facts = self.facts(source)?;
        let slot = |key: &Key| (key.run, key.language.clone(), key.prompt);
        let asked = self.world.entries.keys().filter(|key| slots.contains(&slot(key)) && facts.contains(&key.fact));
        let counting = self.counting(source, &runs, asked, false)?;
        let measured = |key: &&Key| match &self.world.entries[*key] {
            Attribution::Set(_) => (slot(key), key.fact, Measured::default()),
            Attribution::Scores(scores) => (slot(key), key.fact, measured(scores, &self.world.runs[key.run])),
        };
        Ok(Entries { rows: counting.iter().map(measured).collect(), slots })
    }

    fn source(&self, source: &Source, shape: Option<Shape>) -> Result<Pairs, Refused> {
        let runs = self.runs(source)?;
        let groups = source.kind == SourceKind::Dkn;
        let intersect = source.kind == SourceKind::Likn;
        if intersect && runs.len() > 1 {
            return Err("`likn` of several runs".into());
        }
        let (slots, languages) = self.slots(source, &runs, groups)?;
        let facts = self.facts(source)?;
        let entries: Vec<&Key> =
            if groups { self.world.groups.keys().collect() } else { self.world.entries.keys().collect() };
        let asked =
            |key: &&&Key| slots.contains(&(key.run, key.language.clone(), key.prompt)) && facts.contains(&key.fact);
        let counting = self.counting(source, &runs, entries.iter().filter(asked).copied(), groups)?;
        let groups_of = match groups {
            true => self.groups_of(source, &runs, &counting)?,
            false => BTreeMap::new(),
        };
        self.refuse_scores_of_sets(source, &slots, &facts)?;
        self.refuse_signs(source, &slots)?;
        let mut cells = Vec::new();
        for &run in &runs {
            for lang in &languages {
                let of_cell = slots.iter().filter(|(r, l, _)| *r == run && l == lang).cloned().collect();
                cells.push(if groups {
                    group_cell(&groups_of, &of_cell)
                } else {
                    self.cell(source, run, lang, &of_cell, &counting)
                });
            }
        }
        // Also where conditions on facts leave nothing: that place was asked.
        let mut found: BTreeMap<Where, ByFact> = slots.iter().map(|slot| (slot.clone(), ByFact::new())).collect();
        found.extend(cells.iter().flat_map(|cell| cell.found.clone().unwrap_or_default()));
        let mut pairs = if intersect { Pairs::in_all(&cells) } else { Pairs::in_any(&cells) };
        let places: Vec<(usize, &String)> =
            runs.iter().flat_map(|run| languages.iter().map(|language| (*run, language))).collect();
        for key in [ConditionKey::Langs, ConditionKey::Runs] {
            for wanted in source.bounds(key) {
                let place = |at: usize| match key {
                    ConditionKey::Langs => places[at].1.clone(),
                    _ => places[at].0.to_string(),
                };
                let before = pairs.members.clone();
                let enough = |fact: usize, neuron: u32| {
                    let count = |has: &dyn Fn(&Pairs) -> bool| {
                        let having = cells.iter().enumerate().filter(|(_, cell)| has(cell));
                        having.map(|(at, _)| place(at)).collect::<BTreeSet<_>>().len()
                    };
                    let all = count(&|cell| cell.attributed.contains(&fact));
                    often(wanted, count(&|cell| cell.of(fact).contains(&neuron)), all)
                };
                let kept: BTreeSet<(usize, u32)> = before
                    .iter()
                    .flat_map(|(fact, neurons)| neurons.iter().map(|neuron| (*fact, *neuron)))
                    .filter(|(fact, neuron)| enough(*fact, *neuron))
                    .collect();
                for sets in found.values_mut().chain([&mut pairs.members]) {
                    for (fact, neurons) in sets.iter_mut() {
                        neurons.retain(|neuron| kept.contains(&(*fact, *neuron)));
                    }
                }
                // Where nothing is left of a fact, it was attributed still: that is what `found` says of it.
                pairs.members.retain(|_, neurons| !neurons.is_empty());
            }
        }
        let of_slot = |(slot, facts): (&Where, &ByFact)| (slot.clone(), facts.keys().copied().collect());
        pairs.entries = (!intersect).then(|| found.iter().map(of_slot).collect());
        pairs.found = (!intersect).then_some(found);
        pairs.asked = Some(pairs.attributed.clone());
        pairs.groups = groups.then(|| {
            let without_doubt = |(fact, (list, _)): (&usize, &(Vec<Group>, Doubt))| (*fact, list.clone());
            groups_of.iter().map(|(slot, facts)| (slot.clone(), facts.iter().map(without_doubt).collect())).collect()
        });
        pairs.scores = (!groups && slots.len() == 1 && (!intersect || languages.len() == 1))
            .then(|| self.scores_of(slots.first()))
            .flatten();
        let mut pairs = pairs.only_facts(|fact| facts.contains(&fact));
        if let Some(Test::Within(intervals)) = source.condition(ConditionKey::Layer).map(|c| &c.test) {
            let shape = shape.ok_or("no model")?;
            let whole = |i: &kndb_query::Interval| NeuronRange { layers: *i, units: Units::Every, span: i.span };
            pairs = pairs.only_neurons(&in_ranges(&intervals.iter().map(whole).collect::<Vec<_>>(), shape)?);
        }
        Ok(pairs)
    }

    /// A condition on scores cannot be answered where there are sets only.
    fn refuse_scores_of_sets(
        &self,
        source: &Source,
        slots: &BTreeSet<Where>,
        facts: &BTreeSet<usize>,
    ) -> Result<(), Refused> {
        let on_scores = [ConditionKey::Tau, ConditionKey::Score, ConditionKey::Rank];
        let unasked = source.sign() == Sign::Positive && on_scores.iter().all(|key| source.condition(*key).is_none());
        if source.kind == SourceKind::Dkn || unasked {
            return Ok(());
        }
        let of = |key: &Key| slots.contains(&(key.run, key.language.clone(), key.prompt));
        let sets = self.world.entries.iter().filter(|(key, a)| of(key) && matches!(a, Attribution::Set(_)));
        for (key, _) in sets {
            if facts.contains(&key.fact) {
                return Err("sets without scores".into());
            }
            // The run has sets, though not of the facts asked for: it may be refused as a whole.
            self.note(Doubt { may: true, must: false });
        }
        Ok(())
    }

    /// The groups of these entries that a source asks for, and whether the store can know them.
    fn groups_of(&self, source: &Source, runs: &[usize], counting: &BTreeSet<&Key>) -> Result<GroupsOfSlots, Refused> {
        let mut wanted_of: BTreeMap<usize, Wanted> = BTreeMap::new();
        for &run in runs {
            // Runs without groups have nothing to say of them.
            if !self.world.slots(run, true).is_empty() {
                wanted_of.insert(run, wanted(source, &self.world.runs[run])?);
            }
        }
        let mut all = GroupsOfSlots::new();
        for (key, groups) in &self.world.groups {
            let slot = (key.run, key.language.clone(), key.prompt);
            if counting.contains(key) {
                all.entry(slot).or_default().insert(key.fact, wanted_of[&key.run].of(groups));
            }
        }
        Ok(all)
    }

    fn scores_of(&self, slot: Option<&Where>) -> Option<BTreeMap<(usize, u32), f32>> {
        let (run, language, prompt) = slot?;
        let mut scores = None;
        for (key, attribution) in &self.world.entries {
            if (key.run, &key.language, key.prompt) == (*run, language, *prompt)
                && let Attribution::Scores(of) = attribution
            {
                let list: &mut BTreeMap<_, _> = scores.get_or_insert_default();
                let score_type = self.world.runs[*run].score_type;
                list.extend(of.of.iter().map(|(&neuron, &score)| ((key.fact, neuron), rounded(score, score_type))));
            }
        }
        scores
    }
}

/// Groups by entry, with what the store may not know of them.
pub type GroupsOfSlots = BTreeMap<Where, BTreeMap<usize, (Vec<Group>, Doubt)>>;

fn holds(test: &Test, label: &str) -> bool {
    match test {
        Test::Names(texts) => texts.iter().any(|text| text.text == label),
        Test::Contains(text) => label.contains(&text.text),
        _ => panic!("labels are told by name or by a part: {test}"),
    }
}

/// The test of a condition on whole numbers.
fn numbers(source: &Source, key: ConditionKey) -> impl Fn(u32) -> bool {
    let intervals = match source.condition(key).map(|condition| &condition.test) {
        Some(Test::Within(intervals)) => Some(intervals.clone()),
        _ => None,
    };
    move |number| intervals.as_ref().is_none_or(|list| list.iter().any(|i| (i.first..=i.last).contains(&number)))
}

fn in_ranges(ranges: &[NeuronRange], shape: Shape) -> Result<BTreeSet<u32>, Refused> {
    let mut neurons = BTreeSet::new();
    for range in ranges {
        let (first, last) = match range.units {
            Units::Every => (0, shape.width - 1),
            Units::Within(units) => (units.first, units.last),
        };
        if range.layers.last >= shape.layers || last >= shape.width {
            return Err(format!("{range} lies outside the model"));
        }
        for layer in range.layers.first..=range.layers.last {
            neurons.extend((first..=last).map(|unit| layer * shape.width + unit));
        }
    }
    Ok(neurons)
}
