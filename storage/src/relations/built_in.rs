//! English names of relations that data sets call by a Wikidata property.
//!
//! The properties are LAMA's and mLAMA's 41 of T-REx, and the further ones of CounterFact and PopQA; the three of
//! Google-RE have names for ids. Each name is the property's English label on Wikidata; what stands after it are labels
//! that it had before, those of LAMA's `relations.jsonl`, and shorter ones.

/// A relation: its id, its name, and other names by which it is found.
pub(super) struct Property {
    pub id: &'static str,
    pub name: &'static str,
    pub others: &'static [&'static str],
}

const fn property(id: &'static str, name: &'static str) -> Property {
    Property { id, name, others: &[] }
}

const fn also(id: &'static str, name: &'static str, others: &'static [&'static str]) -> Property {
    Property { id, name, others }
}

/// All of them. No two have a name in common, but for the three of Google-RE, which mean what P19, P20 and P569 mean.
pub(super) const PROPERTIES: &[Property] = &[
    // T-REx, in LAMA and mLAMA.
    property("P17", "country"),
    property("P19", "place of birth"),
    property("P20", "place of death"),
    also("P27", "country of citizenship", &["citizenship"]),
    property("P30", "continent"),
    property("P31", "instance of"),
    property("P36", "capital"),
    property("P37", "official language"),
    property("P39", "position held"),
    property("P47", "shares border with"),
    property("P101", "field of work"),
    property("P103", "native language"),
    property("P106", "occupation"),
    property("P108", "employer"),
    property("P127", "owned by"),
    also("P131", "located in the administrative territorial entity", &["located in"]),
    property("P136", "genre"),
    property("P138", "named after"),
    also("P140", "religion or worldview", &["religion"]),
    also("P159", "headquarters location", &["headquarters"]),
    property("P176", "manufacturer"),
    property("P178", "developer"),
    also("P190", "twinned administrative body", &["sister city", "twin city"]),
    property("P264", "record label"),
    property("P276", "location"),
    property("P279", "subclass of"),
    property("P361", "part of"),
    also("P364", "original language of film or TV show", &["original language"]),
    also("P407", "language of work or name", &["language of work"]),
    also("P413", "position played on team / speciality", &["position played on team"]),
    also("P449", "original broadcaster", &["original network"]),
    property("P463", "member of"),
    property("P495", "country of origin"),
    also("P527", "has part(s)", &["has part"]),
    property("P530", "diplomatic relation"),
    property("P740", "location of formation"),
    property("P937", "work location"),
    property("P1001", "applies to jurisdiction"),
    property("P1303", "instrument"),
    property("P1376", "capital of"),
    also("P1412", "languages spoken, written or signed", &["languages spoken", "language spoken"]),
    // Google-RE, in LAMA and mLAMA.
    property("place_of_birth", "place of birth"),
    property("place_of_death", "place of death"),
    property("date_of_birth", "date of birth"),
    // Of the demo.
    property("P38", "currency"),
    also("P421", "located in time zone", &["time zone"]),
    // Templates of mLAMA without facts.
    property("P54", "member of sports team"),
    property("P69", "educated at"),
    also("P102", "member of political party", &["political party"]),
    property("P166", "award received"),
    property("P1923", "participating team"),
    // CounterFact and PopQA.
    property("P22", "father"),
    property("P25", "mother"),
    property("P50", "author"),
    property("P57", "director"),
    property("P58", "screenwriter"),
    property("P86", "composer"),
    property("P162", "producer"),
    property("P569", "date of birth"),
    property("P641", "sport"),
];

/// The name of a relation.
pub(super) fn name_of(id: &str) -> Option<&'static str> {
    PROPERTIES.iter().find(|property| property.id == id).map(|property| property.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn no_two_properties_have_a_name_in_common_but_for_google_re() {
        let mut ids: HashMap<&str, Vec<&str>> = HashMap::new();
        for property in PROPERTIES {
            for name in property.others.iter().chain([&property.name]) {
                ids.entry(name).or_default().push(property.id);
            }
        }
        let mut twice: Vec<_> = ids.into_iter().filter(|(_, ids)| ids.len() > 1).collect();
        twice.sort_unstable();
        let expected = [
            ("date of birth", vec!["date_of_birth", "P569"]),
            ("place of birth", vec!["P19", "place_of_birth"]),
            ("place of death", vec!["P20", "place_of_death"]),
        ];
        assert_eq!(twice, expected);
    }

    #[test]
    fn every_relation_of_lama_s_t_rex_is_there() {
        let lama = "P17 P19 P20 P27 P30 P31 P36 P37 P39 P47 P101 P103 P106 P108 P127 P131 P136 P138 P140 P159 P176 \
                    P178 P190 P264 P276 P279 P361 P364 P407 P413 P449 P463 P495 P527 P530 P740 P937 P1001 P1303 P1376 P1412";
        assert_eq!(lama.split_whitespace().count(), 41);
        for id in lama.split_whitespace() {
            assert!(name_of(id).is_some(), "{id}");
        }
    }
}
