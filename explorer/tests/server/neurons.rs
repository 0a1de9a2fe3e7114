//! `/api/neurons`: the neurons of a run, with how many facts use each.

use crate::served::{Served, stores};
use serde_json::{Value, json};

/// Layer, neuron and facts of each.
fn told(answer: &Value) -> Vec<[u64; 3]> {
    let neurons = answer["neurons"].as_array().expect("neurons");
    neurons.iter().map(|one| ["layer", "neuron", "facts"].map(|name| one[name].as_u64().expect("a number"))).collect()
}

#[test]
fn neurons_come_with_their_facts_as_counted_by_hand() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let get = |address: &str| served.get(address).json();
    // 1:2 of France in English, of Germany in both languages, which is one fact; 0:1 of France in both.
    let all = get("/api/neurons?run=ig&tau=0.2");
    assert_eq!(told(&all), [[1, 2, 2], [0, 0, 1], [0, 1, 1], [1, 3, 1]]);
    assert_eq!((&all["run"], &all["count"]), (&json!("ig"), &json!(4)));
    assert_eq!(all["neurons"][0]["page"], "/neuron/ig/1:2?tau=0.2");
    assert_eq!(all["statement"], "kn[run=ig, tau=0.2] by neuron order by facts");
    assert_eq!(told(&get("/api/neurons?lang=en&tau=0.2")), [[1, 2, 2], [0, 0, 1], [0, 1, 1]]);
    assert_eq!(told(&get("/api/neurons?lang=en&lang=zh&layer=1&tau=0.2")), [[1, 2, 2], [1, 3, 1]]);
    // Above seven tenths of the highest score, that is 0.63 of France in English, and 0.56 in Chinese.
    assert_eq!(told(&get("/api/neurons?tau=0.7&relation=capital")), [[0, 0, 1], [0, 1, 1], [1, 2, 1]]);
    assert_eq!(told(&get("/api/neurons?tau=0.7&layer=0&lang=zh")), [[0, 1, 1]]);
}

#[test]
fn so_many_as_are_asked_for_are_told_and_all_are_counted() {
    let made = stores::wide(3);
    let served = Served::of(&[&made.path]);
    let all = served.get("/api/neurons?limit=1000").json();
    assert_eq!((&all["count"], told(&all).len()), (&json!(200), 200));
    assert_eq!(told(&served.get("/api/neurons").json()), told(&all)[..100], "100 where nothing is said");
    let some = served.get("/api/neurons?limit=3&offset=198").json();
    assert_eq!((&some["count"], told(&some)), (&json!(200), told(&all)[198..].to_vec()));
    assert_eq!(told(&served.get("/api/neurons?offset=200").json()), [[0; 3]; 0]);
}

#[test]
fn what_there_is_not_is_refused_by_its_name() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    for (address, status, said) in [
        ("/api/neurons?run=nobody", 404, "there is no run"),
        ("/api/neurons?lang=he", 400, "expected one of en, zh"),
        ("/api/neurons?layer=-1", 400, "found layer="),
        ("/api/neurons?layer=2", 404, "there is no layer 2"),
        ("/api/neurons?tau=1", 400, "found tau="),
        ("/api/neurons?limit=10001", 400, "up to 10000"),
        ("/api/neurons?relation=P1", 404, "there is no relation"),
    ] {
        let refused = served.get(address);
        let reason = refused.json()["error"]["reason"].as_str().expect("a reason").to_owned();
        assert_eq!(refused.status, status, "{address}: {reason}");
        assert!(reason.contains(said), "{address}: {reason}");
    }
    let empty = stores::empty("empty");
    assert_eq!(Served::of(&[&empty.path]).get("/api/neurons").status, 404);
}

#[test]
fn a_parameter_that_there_is_not_is_refused_and_the_nearest_is_named() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    for (address, told) in [
        ("/api/neurons?run=ig&langs=en", "did you mean lang?"),
        ("/api/facts?q=France", "one of the parameters s, limit, offset, lang, store"),
        ("/api/query?q=kn&formt=csv", "did you mean format?"),
        ("/api/neurons?layer=0&layer=1", "expected one value, found 2"),
        ("/layers?langs=en", "did you mean lang?"),
        ("/fact/f-france?sorts=score", "did you mean sort?"),
        ("/api/neurons?lang=en,zh", "each by itself: lang=…&lang=…"),
    ] {
        let refused = served.get(address);
        assert_eq!(refused.status, 400, "{address}: {}", refused.text());
        assert!(refused.text().contains(told), "{address}: {}", refused.text());
    }
}
