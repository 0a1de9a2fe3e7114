//! `/api/facts`: what the search box shows while one types.

use crate::served::{Served, encoded, stores};
use serde_json::json;

#[test]
fn facts_come_with_the_label_in_which_they_were_found_and_their_pages() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let answer = served.get(&format!("/api/facts?s={}", encoded("法国")));
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let fact = json!({
        "fact": "f-france", "subject": "法国", "object": "巴黎", "lang": "zh", "relation": "P36", "relation_name": "capital",
        "page": "/fact/f-france",
    });
    let answer = answer.json();
    assert_eq!((&answer["count"], &answer["facts"]), (&json!(1), &json!([fact])));
    let english = served.get(&format!("/api/facts?s={}&lang=en", encoded("法国"))).json();
    assert_eq!(english["facts"][0]["subject"], "France");
    let relation = served.get("/api/facts?s=capital").json();
    assert_eq!(relation["relations"], json!([{"relation": "P36", "name": "capital", "page": "/relation/P36"}]));
}

#[test]
fn so_many_as_are_asked_for_are_told_and_all_are_counted() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let ids = |path: &str| {
        let answer = served.get(path).json();
        assert_eq!(answer["count"], 3, "{path}");
        answer["facts"]
            .as_array()
            .expect("facts")
            .iter()
            .map(|fact| fact["fact"].as_str().expect("an id").to_owned())
            .collect::<Vec<_>>()
    };
    let all = ids("/api/facts?s=f-");
    assert_eq!(all.len(), 3);
    assert_eq!(ids("/api/facts?s=f-&limit=2"), all[..2]);
    assert_eq!(ids("/api/facts?s=f-&limit=2&offset=2"), all[2..]);
    for (path, name) in [
        ("/api/facts", "s"),
        ("/api/facts?s=x&limit=x", "limit"),
        ("/api/facts?s=x&limit=1001", "limit"),
        ("/api/facts?s=x&lang=xx", "lang"),
    ] {
        let refused = served.get(path);
        assert_eq!(refused.status, 400, "{path}");
        let reason = refused.json()["error"]["reason"].as_str().expect("a reason").to_owned();
        assert!(reason.contains(&format!("found {name}=")) && reason.contains("expected"), "{reason}");
    }
}
