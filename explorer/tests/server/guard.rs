//! Hosts, methods, headers: what is refused before a page is looked for, and what every answer says.

use crate::served::{Served, stores};

/// One address of each kind, with its status.
const ADDRESSES: [(&str, u16); 9] = [
    ("/", 200),
    ("/search?s=Paris", 200),
    ("/api/facts?s=Paris", 200),
    ("/api/query?q=kn%20by%20layer", 200),
    ("/api/query?q=nonsense", 400),
    ("/assets/style.css", 200),
    ("/assets/none.css", 404),
    ("/nothing/here", 404),
    ("/?store=none", 400),
];

#[test]
fn a_host_that_is_not_this_server_is_refused_at_every_address() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let port = served.address.port();
    for (path, status) in ADDRESSES {
        for other in ["evil.example", "evil.example:80", "localhost.evil.example", "10.0.0.1"] {
            let response = served.with_headers("GET", path, &[("Host", other)]);
            assert_eq!(response.status, 421, "{path} of {other}");
            assert!(response.text().contains(other.trim_end_matches(":80")), "{}", response.text());
            assert!(!response.text().contains("capitals"), "nothing of the store is told");
        }
        for own in ["localhost".to_owned(), format!("LocalHost:{port}"), "127.0.0.1:9999".into(), "[::1]:1".into()] {
            assert_eq!(served.with_headers("GET", path, &[("Host", &own)]).status, status, "{path} of {own}");
        }
    }
    let none = served.raw(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", false);
    assert_eq!(none.status, 400);
    let several =
        served.raw(b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n", false);
    assert_eq!(several.status, 400);
    let absolute = "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert_eq!(served.raw(absolute.as_bytes(), false).status, 421);
}

#[test]
fn only_get_and_head_are_answered_and_head_has_no_body() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    for (path, status) in ADDRESSES {
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
            let response = served.with_headers(method, path, &[("Content-Length", "0")]);
            assert_eq!((response.status, response.header("allow")), (405, Some("GET, HEAD")), "{method} {path}");
        }
        let head = served.with_headers("HEAD", path, &[]);
        assert_eq!((head.status, head.body.len()), (status, 0), "{path}");
    }
    let (page, head) = (served.get("/"), served.with_headers("HEAD", "/", &[]));
    assert_eq!(head.header("content-length"), Some(page.body.len().to_string().as_str()));
    assert_eq!(head.header("etag"), page.header("etag"));
}

#[test]
fn every_answer_says_that_nothing_is_loaded_from_elsewhere_or_guessed_or_told() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let mut all: Vec<_> = ADDRESSES.iter().map(|(path, _)| served.get(path)).collect();
    all.push(served.with_headers("POST", "/", &[]));
    all.push(served.with_headers("GET", "/", &[("Host", "evil.example")]));
    let tag = all[0].header("etag").expect("a tag").to_owned();
    all.push(served.with_headers("GET", "/", &[("If-None-Match", &tag)]));
    assert_eq!(all.last().map(|response| response.status), Some(304));
    for response in all {
        let policy = response.header("content-security-policy").expect("a policy");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(response.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(response.header("cross-origin-resource-policy"), Some("same-origin"));
        assert_eq!(response.header("access-control-allow-origin"), None, "no CORS");
        assert_eq!(response.header("server"), None);
    }
}

#[test]
fn another_site_may_link_to_a_page_and_not_load_it() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let from = |site: &str, mode: &str| {
        served.with_headers("GET", "/", &[("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode)]).status
    };
    assert_eq!(from("cross-site", "no-cors"), 403);
    assert_eq!(from("cross-site", "navigate"), 200);
    assert_eq!(from("same-origin", "cors"), 200);
    assert_eq!(from("none", "navigate"), 200);
}

#[test]
fn pages_load_only_what_is_here_and_have_no_style_or_script_of_their_own() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    for path in ["/", "/search?s=Paris", "/nothing"] {
        let page = served.get(path).text();
        for part in ["style=", "<style", "javascript:", "onclick=", "onload=", "//cdn", "@import"] {
            assert!(!page.contains(part), "{part} in {path}");
        }
        let loaded = page
            .split(" src=\"")
            .skip(1)
            .chain(page.split("<link ").skip(1).filter_map(|link| link.split("href=\"").nth(1)));
        let loaded: Vec<&str> = loaded.filter_map(|rest| rest.split('"').next()).collect();
        assert!(loaded.len() >= 3, "{loaded:?}");
        for address in loaded {
            assert!(address.starts_with("/assets/"), "{address}");
            assert_eq!(served.get(address).status, 200, "{address}");
        }
    }
    for asset in ["style.css", "explorer.js", "icon.svg"] {
        let text = served.page(&format!("/assets/{asset}"));
        let own = text.replace("http://www.w3.org/", "");
        assert!(!own.contains("http://") && !own.contains("https://"), "{asset} names another machine");
    }
}

#[test]
fn assets_are_kept_for_ever_under_their_version_alone() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let page = served.page("/");
    let address =
        page.split("href=\"").find_map(|rest| rest.strip_prefix("/assets/style.css?v=")).expect("a style sheet");
    let version = address.split('"').next().expect("a version");
    let keeps = |path: &str| served.get(path).header("cache-control").map(str::to_owned);
    assert!(keeps(&format!("/assets/style.css?v={version}")).is_some_and(|keep| keep.contains("immutable")));
    assert_eq!(keeps("/assets/style.css?v=other").as_deref(), Some("no-cache"));
    assert_eq!(keeps("/").as_deref(), Some("private, no-cache"));
}
