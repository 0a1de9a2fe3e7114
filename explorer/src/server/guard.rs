//! Who may ask, and how: before anything else is looked at. And what every answer says to the browser.
//!
//! A page of another site can make a browser ask this server. It cannot read the answer (there is no CORS), unless its name is made to lead here
//! (DNS rebinding): therefore the name in `Host` must be this server's. Ports are not compared, because `ssh -L` gives it another one.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::Response;

use super::Site;

/// What every answer says: nothing is loaded from elsewhere, nothing is guessed, nothing is told to others.
const HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];

/// Lets requests through that are in order.
pub(super) async fn guard(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let mut response = match refusal(&site.hosts, &request) {
        Some(refusal) => refusal,
        None => next.run(request).await,
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn refusal(hosts: &Hosts, request: &Request) -> Option<Response> {
    let told = |status, text: String| {
        let mut response = Response::new(Body::from(text));
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        response
    };
    let host = match host(request.uri(), request.headers()) {
        Ok(host) => host,
        Err(found) => {
            return Some(told(
                StatusCode::BAD_REQUEST,
                format!("found {found}, expected one header Host with the address of this server\n"),
            ));
        }
    };
    if !hosts.are(&host) {
        let host: String = host.chars().take(200).collect();
        return Some(told(
            StatusCode::MISDIRECTED_REQUEST,
            format!(
                "this is not {host:?}: found that name in Host, expected {hosts}; `kndb serve --host NAME` serves under a name\n"
            ),
        ));
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let found = request.method();
        let mut response = told(
            StatusCode::METHOD_NOT_ALLOWED,
            format!("found {found}, expected GET or HEAD: the explorer changes nothing\n"),
        );
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return Some(response);
    }
    let says = |name: &str, value: &str| request.headers().get(name).is_some_and(|said| said == value);
    if says("sec-fetch-site", "cross-site") && !says("sec-fetch-mode", "navigate") {
        return Some(told(StatusCode::FORBIDDEN, "another site may link to these pages, and not load them\n".into()));
    }
    None
}

/// The name that a request asks for, without the port; or what stands there instead.
fn host(uri: &Uri, headers: &HeaderMap) -> Result<String, &'static str> {
    if let Some(authority) = uri.authority() {
        return Ok(authority.host().to_owned());
    }
    let mut all = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (all.next(), all.next()) else {
        return Err(if headers.contains_key(header::HOST) { "several headers Host" } else { "no header Host" });
    };
    let authority = host.to_str().ok().and_then(|host| host.parse::<axum::http::uri::Authority>().ok());
    let host = authority.filter(|authority| !authority.as_str().contains('@'));
    host.map(|authority| authority.host().to_owned()).ok_or("a header Host that is no address")
}

/// The names of this server.
#[derive(Clone, Debug)]
pub(crate) struct Hosts {
    address: IpAddr,
    /// A name that was given.
    name: Option<String>,
}

impl Hosts {
    pub(crate) fn new(address: SocketAddr, name: Option<String>) -> Self {
        Self { address: address.ip(), name }
    }

    fn are(&self, host: &str) -> bool {
        if self.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(host)) {
            return true;
        }
        let here = self.address.is_loopback() || self.address.is_unspecified();
        let number: Option<IpAddr> = host.trim_start_matches('[').trim_end_matches(']').parse().ok();
        match number {
            // No name leads to a number: who asks for one knows the machine. Behind 0.0.0.0 there may be any.
            Some(number) => number == self.address || self.address.is_unspecified() || (here && number.is_loopback()),
            None => here && host.eq_ignore_ascii_case("localhost"),
        }
    }
}

impl std::fmt::Display for Hosts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "{name}, ")?;
        }
        match self.address {
            address if address.is_unspecified() => f.write_str("localhost or a number"),
            address if address.is_loopback() => f.write_str("localhost, 127.0.0.1 or [::1]"),
            address => write!(f, "{address}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(address: &str, name: Option<&str>) -> Hosts {
        Hosts::new(format!("{address}:80").parse().expect("an address"), name.map(str::to_owned))
    }

    #[test]
    fn a_loopback_server_is_asked_for_by_its_names_alone() {
        let hosts = hosts("127.0.0.1", None);
        for own in ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"] {
            assert!(hosts.are(own), "{own}");
        }
        for other in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", "", "*"] {
            assert!(!hosts.are(other), "{other}");
        }
    }

    #[test]
    fn a_server_for_the_network_is_asked_for_by_number_or_by_the_name_that_was_given() {
        let all = hosts("0.0.0.0", None);
        assert!(all.are("10.0.0.7") && all.are("localhost") && !all.are("evil.example"));
        let named = hosts("10.0.0.7", Some("lab.example"));
        assert!(named.are("lab.example") && named.are("10.0.0.7"));
        assert!(!named.are("localhost") && !named.are("10.0.0.8"));
    }

    #[test]
    fn a_request_without_one_host_is_told_so() {
        let headers = |all: &[&str]| {
            let mut headers = HeaderMap::new();
            for host in all {
                headers.append(header::HOST, HeaderValue::from_str(host).expect("a value"));
            }
            headers
        };
        let uri = Uri::from_static("/");
        assert_eq!(host(&uri, &headers(&["localhost:1"])).as_deref(), Ok("localhost"));
        assert_eq!(host(&uri, &headers(&[])), Err("no header Host"));
        assert_eq!(host(&uri, &headers(&["a", "b"])), Err("several headers Host"));
        assert_eq!(host(&uri, &headers(&["a@localhost"])), Err("a header Host that is no address"));
        assert_eq!(
            host(&Uri::from_static("http://evil.example/"), &headers(&["localhost"])).as_deref(),
            Ok("evil.example")
        );
    }
}
