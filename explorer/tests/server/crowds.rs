//! Many clients at once, while a job writes.

use crate::served::{Served, encoded, stores};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A page of each kind, and something that stands on it whatever is written meanwhile.
const PAGES: [(&str, &str); 8] = [
    ("/fact/f-france?tau=0.2", "Paris"),
    ("/neuron/ig/1:2?tau=0.2", "Germany"),
    ("/relation/P36", "capital"),
    ("/languages?run=ig", "similarity"),
    ("/layers?run=ig", "<svg"),
    ("/runs", "growing"),
    ("/q?q=kn%5Brun%3Dig%5D+by+layer", "<svg"),
    ("/api/neurons?run=ig", "\"neurons\""),
];

#[test]
fn sixty_four_clients_are_answered_while_a_job_writes_and_see_what_it_acknowledged() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let shape = kndb_storage::Shape::new(2, 4).expect("a shape");
    let run = made.store.open_run(kndb_storage::RunSpec::new("growing", "toy-model", shape)).expect("a run");
    run.append(stores::scored("new-0", "en", vec![1.0; 8])).expect("an entry");
    let (done, acknowledged) = (AtomicBool::new(false), AtomicU64::new(1));
    let count = format!("/api/query?q={}&format=csv", encoded("facts of kn[run=growing, lang=en]"));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 1.. {
                if done.load(Ordering::Acquire) {
                    break;
                }
                run.append(stores::scored(&format!("new-{number}"), "en", vec![1.0; 8])).expect("an entry");
                acknowledged.store(number + 1, Ordering::Release);
            }
        });
        let clients: Vec<_> = (0..64)
            .map(|client| {
                let (served, count, acknowledged) = (&served, &count, &acknowledged);
                scope.spawn(move || {
                    for round in 0..PAGES.len() {
                        let (path, said) = PAGES[(client + round) % PAGES.len()];
                        assert!(served.page(path).contains(said), "{path}");
                        match (client + round) % 4 {
                            0 => assert!(served.page("/").contains("growing")),
                            1 => assert!(served.page("/search?s=paris").contains("f-france")),
                            2 => assert_eq!(served.get("/api/facts?s=f-france").json()["count"], 1),
                            _ => {
                                let at_least = acknowledged.load(Ordering::Acquire);
                                let answer = served.get(count);
                                assert!(answer.status == 200 && answer.is_whole);
                                let found = answer.text().lines().count() as u64 - 1;
                                assert!(found >= at_least, "{found} of {at_least}");
                            }
                        }
                    }
                })
            })
            .collect();
        let ended: Vec<_> = clients.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        done.store(true, Ordering::Release);
        assert!(ended.iter().all(Result::is_ok));
    });
}

#[test]
fn many_requests_on_one_connection_are_answered_in_their_order() {
    use std::io::{Read, Write};
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let mut stream = crate::served::client::connect(served.address);
    for number in 0..20 {
        let last = if number == 19 { "Connection: close\r\n" } else { "" };
        write!(stream, "GET /api/facts?s=f-&limit=1&offset={} HTTP/1.1\r\nHost: localhost\r\n{last}\r\n", number % 3)
            .expect("sent");
    }
    let mut answers = String::new();
    stream.read_to_string(&mut answers).expect("answers");
    let facts: Vec<&str> = answers.split("\"fact\":\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(facts.len(), 20);
    for (number, fact) in facts.iter().enumerate() {
        assert_eq!(*fact, facts[number % 3], "answer {number}");
    }
}
