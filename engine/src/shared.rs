//! Passes that several questions share.
//!
//! Each question is computed on a thread of its own, which asks for points and waits for what comes of them. What waits is put together into
//! passes, by whichever waiting thread sees that one is due: there are rows enough, or a core would have nothing to do. A thread with a
//! [`Seat`] waits for nothing but passes and a core, so as long as anyone waits, some thread computes, or finds a pass due. A question that
//! ends, well or not, gives its seat back.
//!
//! In which pass a point goes depends on who came first; what comes of it does not, as rows of a pass know nothing of each other
//! ([`crate::sweep`]). For one question at a time it is of no use.

use crate::device::is_processor;
use crate::metric::Goal;
use crate::nn::Rules;
use crate::probe::Site;
use crate::sweep::{Group, Point, Response, Sweep};
use crate::transformer::{Prefix, Transformer};
use std::collections::{HashMap, VecDeque};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What is asked of points. Only of one kind go through one pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// F, and with `gradient` ∂F/∂w.
    Points { gradient: bool },
    /// ∂F/∂w by some rules at the prompt itself, in the layer of the one point and all above it.
    Prompt { rules: Rules },
}

/// Points of one prompt, in order of their layers.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub ask: Ask,
    pub prefix: Arc<Prefix>,
    pub goal: Goal,
    pub points: Arc<[Point]>,
}

impl Request {
    /// Rows of a point in most layers.
    fn rows_of_a_point(&self, network: &Transformer) -> usize {
        if network.causal { 1 } else { self.prefix.tokens }
    }

    fn group(&self, points: Range<usize>) -> Group<'_> {
        Group { prefix: &self.prefix, goal: self.goal, points: &self.points[points] }
    }
}

/// What came of points.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    /// To [`Ask::Points`].
    pub responses: Vec<Response>,
    /// To [`Ask::Prompt`], by layer.
    pub layers: Vec<Vec<f32>>,
}

/// Answers a request in passes of its own, of up to `rows` rows.
pub(crate) fn alone(network: &Transformer, site: Site, rows: usize, request: &Request) -> Answer {
    let each = (rows / request.rows_of_a_point(network)).max(1);
    let count = request.points.len();
    let parts = (0..count)
        .step_by(each)
        .flat_map(|from| pass(network, site, request.ask, &[request.group(from..(from + each).min(count))]));
    parts.reduce(and).unwrap_or_default()
}

fn and(mut answer: Answer, more: Answer) -> Answer {
    answer.responses.extend(more.responses);
    answer.layers.extend(more.layers);
    answer
}

/// One pass; an answer a group.
fn pass(network: &Transformer, site: Site, ask: Ask, groups: &[Group<'_>]) -> Vec<Answer> {
    let sweep = Sweep { network, site };
    match ask {
        Ask::Points { gradient } => {
            let found = sweep.run(groups, gradient).into_iter();
            found.map(|responses| Answer { responses, ..Answer::default() }).collect()
        }
        Ask::Prompt { rules } => {
            let found = sweep.at_prompts(groups, rules).into_iter();
            found.map(|layers| Answer { layers, ..Answer::default() }).collect()
        }
    }
}

/// Where questions that are computed at the same time put their points together.
pub(crate) struct SharedPasses<'a> {
    network: &'a Transformer,
    site: Site,
    /// Rows of a pass.
    rows: usize,
    /// Passes at a time.
    at_once: usize,
    /// Threads that compute at a time, passes or what is between them.
    cores: usize,
    waited: AtomicU64,
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Default)]
struct State {
    /// Threads that compute something else than a pass.
    busy: usize,
    /// Threads that could, and wait for a core.
    ready: usize,
    /// Passes that are being computed.
    running: usize,
    tickets: u64,
    waiting: VecDeque<Waiting>,
    /// By ticket, until it is called for.
    found: HashMap<u64, Found>,
}

/// A request, or the rest of one.
struct Waiting {
    ticket: u64,
    request: Request,
    /// The first point that no pass has taken.
    from: usize,
}

/// Points of a request that go through one pass.
struct Part {
    ticket: u64,
    request: Request,
    points: Range<usize>,
}

enum Found {
    /// By their first points.
    Parts(Vec<(usize, Answer)>),
    /// A pass of other questions, too, came to nothing.
    Failed,
}

impl<'a> SharedPasses<'a> {
    /// Passes of up to `rows` rows. `at_once` of them at a time; where an operation takes one core, as many threads compute, and where a device
    /// computes, what is between passes is nothing to it.
    pub(crate) fn new(network: &'a Transformer, site: Site, rows: usize, at_once: NonZeroUsize) -> Self {
        let at_once = at_once.get();
        let cores = if is_processor(&network.device()) { at_once } else { usize::MAX };
        let (state, moved) = (Mutex::default(), Condvar::new());
        Self { network, site, rows, at_once, cores, waited: AtomicU64::new(0), state, moved }
    }

    /// For one question: passes wait for its points as long as it has the seat.
    pub(crate) fn seat(&self) -> Seat<'_> {
        let mut state = self.state();
        state.ready += 1;
        while !self.has_a_core(&state) {
            state = self.wait(state);
        }
        state.ready -= 1;
        state.busy += 1;
        Seat(self)
    }

    /// For how long threads with seats, or on their way to one, have waited.
    pub(crate) fn waited(&self) -> Duration {
        Duration::from_micros(self.waited.load(Ordering::Relaxed))
    }

    fn has_a_core(&self, state: &State) -> bool {
        state.busy + state.running < self.cores
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        let begun = Instant::now();
        let state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        self.waited.fetch_add(begun.elapsed().as_micros() as u64, Ordering::Relaxed);
        state
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, request: Request) -> Answer {
        let (own, count) = (request.clone(), request.points.len());
        if count == 0 {
            return Answer::default();
        }
        let mut state = self.state();
        let ticket = state.tickets;
        state.tickets += 1;
        state.busy -= 1;
        state.found.insert(ticket, Found::Parts(Vec::new()));
        state.waiting.push_back(Waiting { ticket, request, from: 0 });
        self.moved.notify_all();
        loop {
            // Whoever answered has counted this thread as ready.
            if state.is_answered(ticket, &own) && self.has_a_core(&state) {
                let found = state.found.remove(&ticket);
                state.ready -= 1;
                state.busy += 1;
                drop(state);
                return match found {
                    Some(Found::Parts(mut parts)) => {
                        parts.sort_by_key(|&(from, _)| from);
                        parts.into_iter().map(|(_, answer)| answer).reduce(and).unwrap_or_default()
                    }
                    // If it is this question's fault, it is told here, where the question is known; and if not, it is answered.
                    _ => alone(self.network, self.site, self.rows, &own),
                };
            }
            let parts = self.due(&state).map(|(ask, room)| (ask, state.take(self.network, ask, room)));
            let Some((ask, mut parts)) = parts else {
                state = self.wait(state);
                continue;
            };
            state.running += 1;
            drop(state);
            // Neighbours of one length share the kernels of attention.
            parts.sort_by_key(|part| (part.request.prefix.tokens, part.request.prefix.position));
            let groups: Vec<Group<'_>> = parts.iter().map(|part| part.request.group(part.points.clone())).collect();
            let answers = catch_unwind(AssertUnwindSafe(|| pass(self.network, self.site, ask, &groups)));
            drop(groups);
            state = self.state();
            state.running -= 1;
            match answers {
                Ok(answers) => parts.into_iter().zip(answers).for_each(|(part, answer)| state.answer(part, answer)),
                Err(_) => parts.iter().for_each(|part| state.fail(part.ticket)),
            }
            self.moved.notify_all();
        }
    }

    /// What kind of pass is due, and of how many rows.
    fn due(&self, state: &State) -> Option<(Ask, usize)> {
        if state.running == self.at_once || !self.has_a_core(state) {
            return None;
        }
        let mut kinds: Vec<(Ask, usize)> = Vec::new();
        for waiting in &state.waiting {
            let ask = waiting.request.ask;
            let rows = (waiting.request.points.len() - waiting.from) * waiting.request.rows_of_a_point(self.network);
            match kinds.iter_mut().find(|(kind, _)| *kind == ask) {
                Some((_, all)) => *all += rows,
                None => kinds.push((ask, rows)),
            }
        }
        if let Some(&(ask, _)) = kinds.iter().find(|&&(_, rows)| rows >= self.rows) {
            return Some((ask, self.rows));
        }
        let idle = self.at_once.saturating_sub(state.busy + state.ready + state.running);
        let &(ask, rows) = kinds.first().filter(|_| idle > 0)?;
        Some((ask, rows.div_ceil(idle)))
    }
}

impl State {
    /// The next points of a kind, of up to `room` rows, but one at least.
    fn take(&mut self, network: &Transformer, ask: Ask, room: usize) -> Vec<Part> {
        let (mut parts, mut room) = (Vec::new(), room);
        for waiting in self.waiting.iter_mut().filter(|waiting| waiting.request.ask == ask) {
            let each = waiting.request.rows_of_a_point(network);
            let least = usize::from(parts.is_empty());
            let count = (room / each).max(least).min(waiting.request.points.len() - waiting.from);
            if count == 0 {
                break;
            }
            room = room.saturating_sub(count * each);
            let points = waiting.from..waiting.from + count;
            waiting.from += count;
            parts.push(Part { ticket: waiting.ticket, request: waiting.request.clone(), points });
        }
        self.waiting.retain(|waiting| waiting.from < waiting.request.points.len());
        parts
    }

    fn is_answered(&self, ticket: u64, request: &Request) -> bool {
        match self.found.get(&ticket) {
            Some(Found::Parts(parts)) => {
                let all: usize = parts.iter().map(|(_, answer)| answer.points()).sum();
                all == request.points.len()
            }
            Some(Found::Failed) | None => true,
        }
    }

    fn answer(&mut self, part: Part, answer: Answer) {
        // Not there, if another part has failed and the thread has gone on.
        let Some(Found::Parts(parts)) = self.found.get_mut(&part.ticket) else { return };
        parts.push((part.points.start, answer));
        if self.is_answered(part.ticket, &part.request) {
            self.ready += 1;
        }
    }

    fn fail(&mut self, ticket: u64) {
        self.waiting.retain(|waiting| waiting.ticket != ticket);
        if let Some(found @ Found::Parts(_)) = self.found.get_mut(&ticket) {
            *found = Found::Failed;
            self.ready += 1;
        }
    }
}

impl Answer {
    /// Of how many points it is.
    fn points(&self) -> usize {
        if self.layers.is_empty() { self.responses.len() } else { 1 }
    }
}

/// A question's place among those that share passes.
pub(crate) struct Seat<'a>(&'a SharedPasses<'a>);

impl Seat<'_> {
    /// Answers a request together with those of other seats.
    pub(crate) fn ask(&self, request: Request) -> Answer {
        self.0.ask(request)
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.0.state().busy -= 1;
        self.0.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Model, device};
    use std::sync::mpsc::channel;

    const PROMPTS: [&[u32]; 3] = [&[5, 9, 2, 7], &[3, 8], &[4, 4, 11, 6, 1]];

    fn load(name: &str) -> Model {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
        Model::load(folder, &device("cpu").expect("the CPU is there")).expect("the fixture loads")
    }

    /// Three points of a prompt, halves and thirds of its activations, in the layers from `first` on.
    fn request(network: &Transformer, ids: &[u32], gradient: bool) -> Request {
        let prefix = Arc::new(network.prefix(ids, ids.len() - 1));
        let point = |(layer, share): (usize, f32)| Point {
            layer,
            neurons: prefix.layers[layer].neurons.iter().map(|w| w * share).collect(),
        };
        let points = [(0, 0.5), (1, 0.3), (1, 0.5)].map(point).to_vec().into();
        Request { ask: Ask::Points { gradient }, goal: Goal::Logit { target: 7 }, points, prefix }
    }

    fn bits(answer: &Answer) -> Vec<u32> {
        let of = |response: &Response| std::iter::once(response.value).chain(response.gradient.clone());
        answer.responses.iter().flat_map(|response| of(response).collect::<Vec<_>>()).map(f32::to_bits).collect()
    }

    /// What comes of `work`; a test that hangs fails instead.
    fn in_time<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
        let (sender, ended) = channel();
        std::thread::spawn(move || sender.send(work()).expect("the test waits"));
        ended.recv_timeout(Duration::from_secs(60)).expect("it hangs")
    }

    #[test]
    fn requests_of_any_kinds_and_sizes_are_answered_as_alone() {
        for (name, rows, at_once) in [("gpt2", 1, 1), ("gpt2", 4, 2), ("bert", 1_000, 1), ("bert", 9, 3)] {
            in_time(move || {
                let model = load(name);
                let network = &model.network;
                let at_once = NonZeroUsize::new(at_once).expect("some");
                let passes = SharedPasses::new(network, Site::Activation, rows, at_once);
                std::thread::scope(|scope| {
                    for (i, ids) in PROMPTS.into_iter().cycle().take(9).enumerate() {
                        let passes = &passes;
                        scope.spawn(move || {
                            let seat = passes.seat();
                            for round in 0..4 {
                                let asked = request(network, ids, (i + round) % 2 == 0);
                                let expected = alone(network, Site::Activation, 100, &asked);
                                assert_eq!(bits(&seat.ask(asked)), bits(&expected), "{name}, {i}, {round}");
                            }
                        });
                    }
                });
            });
        }
    }

    #[test]
    fn a_question_whose_points_panic_is_the_only_one_that_does() {
        let (panicked, answered) = in_time(|| {
            let model = load("gpt2");
            let network = &model.network;
            let passes = SharedPasses::new(network, Site::Activation, 1_000, NonZeroUsize::MIN);
            std::thread::scope(|scope| {
                let mistaken = scope.spawn(|| {
                    let seat = passes.seat();
                    let asked = request(network, PROMPTS[0], true);
                    let wrong = Point { layer: 1, neurons: vec![1.0] };
                    let points = asked.points.iter().cloned().chain([wrong]).collect();
                    seat.ask(Request { points, ..asked })
                });
                let others = PROMPTS.map(|ids| {
                    let passes = &passes;
                    scope.spawn(move || {
                        let seat = passes.seat();
                        let asked = request(network, ids, true);
                        let expected = alone(network, Site::Activation, 100, &asked);
                        bits(&seat.ask(asked)) == bits(&expected)
                    })
                });
                let answered = others.map(|thread| thread.join().expect("no panic"));
                (mistaken.join().is_err(), answered)
            })
        });
        assert!(panicked, "activations of another width were taken");
        assert_eq!(answered, [true; 3]);
    }

    #[test]
    fn a_question_that_ends_without_asking_lets_the_others_go_on() {
        let answered = in_time(|| {
            let model = load("gpt2");
            let network = &model.network;
            let passes = SharedPasses::new(network, Site::Activation, 1_000, NonZeroUsize::MIN);
            std::thread::scope(|scope| {
                let others = PROMPTS.map(|ids| {
                    let passes = &passes;
                    scope.spawn(move || passes.seat().ask(request(network, ids, false)).responses.len())
                });
                for _ in 0..20 {
                    drop(passes.seat());
                }
                let failed = scope.spawn(|| {
                    let _seat = passes.seat();
                    panic!("a bug between passes");
                });
                assert!(failed.join().is_err());
                others.map(|thread| thread.join().expect("no panic"))
            })
        });
        assert_eq!(answered, [3; 3]);
    }
}
