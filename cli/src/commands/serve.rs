//! `kndb serve`: stores as pages in a browser.

#[cfg(feature = "attribute")]
pub mod words;

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::path::Path;
use std::process::{Command, Stdio};

use kndb_explorer::{Explorer, Models, OpenError, Options, Stop};

use crate::args::{PlaceArgs, ServeArgs};
use crate::error::{CliError, Result};
use crate::interrupt;
use crate::terminal::Terminal;

/// The port that is tried first.
const PORT: u16 = 8765;

/// What is to be known of an address that is not this machine's own.
pub const OPEN: &str = "whoever reaches this address can read the stores: there is no password, and no encryption";

/// Stores that are open, and a place to show them at.
pub struct Ready {
    pub explorer: Explorer,
    pub listener: TcpListener,
    /// Of the first page.
    pub url: String,
    /// Whether others than this machine reach it.
    pub is_open: bool,
}

impl Ready {
    pub fn at(stores: &[&Path], models: Option<Models>, place: &PlaceArgs) -> Result<Self> {
        let name = place.host.clone().filter(|host| host.parse::<IpAddr>().is_err());
        let explorer = Explorer::open(stores, Options { host: name, models, ..Options::default() }).map_err(
            |error| match error {
                OpenError::Store(error) => CliError::Store(error),
                other => CliError::Serve(other.to_string()),
            },
        )?;
        let listener = listener(place)?;
        let address =
            listener.local_addr().map_err(|error| CliError::Serve(format!("the address is not known: {error}")))?;
        let url = format!("http://{}/", authority(address, place.host.as_deref()));
        Ok(Self { explorer, listener, url, is_open: !address.ip().is_loopback() })
    }
}

/// Runs it.
pub fn run(args: ServeArgs, terminal: &mut Terminal) -> Result<()> {
    let stores: Vec<&Path> = args.stores.iter().map(AsRef::as_ref).collect();
    #[cfg(feature = "attribute")]
    let models = Some(words::models(&args.models, &mut |note| {
        writeln!(terminal.messages, "note: {note}").map_err(CliError::Output)
    })?);
    #[cfg(not(feature = "attribute"))]
    let models = None;
    shown(&stores, models, args.place, terminal)
}

/// Shows stores until a signal comes.
pub fn shown(stores: &[&Path], models: Option<Models>, place: PlaceArgs, terminal: &mut Terminal) -> Result<()> {
    let Ready { explorer, listener, url, is_open } = Ready::at(stores, models, &place)?;
    if is_open {
        writeln!(terminal.messages, "warning: {OPEN}").map_err(CliError::Output)?;
    }
    for told in explorer.models_of_no_run().map_err(CliError::Store)? {
        writeln!(terminal.messages, "warning: {told}").map_err(CliError::Output)?;
    }
    let stop = Stop::default();
    interrupt::end_in_order({
        let stop = stop.clone();
        move || stop.ask()
    });
    writeln!(terminal.out, "{url}").and_then(|()| terminal.out.flush()).map_err(CliError::Output)?;
    writeln!(terminal.messages, "serving, read only; Ctrl-C ends it").map_err(CliError::Output)?;
    if place.open && !opens(&url) {
        writeln!(terminal.messages, "no browser could be opened: open {url} yourself").map_err(CliError::Output)?;
    }
    let served = kndb_explorer::serve(explorer, listener, &stop);
    served.map_err(|error| CliError::Serve(format!("the server ended: {error}")))
}

/// Listens where the options say; without a port at the usual one, or a free one.
fn listener(place: &PlaceArgs) -> Result<TcpListener> {
    let host = place.host.as_deref().unwrap_or("127.0.0.1");
    let bind = |port: u16| -> io::Result<TcpListener> {
        let addresses: Vec<SocketAddr> = (host, port).to_socket_addrs()?.collect();
        TcpListener::bind(addresses.as_slice())
    };
    let bound = match place.port {
        Some(port) => bind(port),
        None => bind(PORT).or_else(|error| if error.kind() == io::ErrorKind::AddrInUse { bind(0) } else { Err(error) }),
    };
    let port = place.port.unwrap_or(PORT);
    bound.map_err(|source| CliError::Listen { host: host.to_owned(), port, source })
}

/// What stands in the address of a page.
fn authority(address: SocketAddr, host: Option<&str>) -> String {
    let port = address.port();
    match host.filter(|host| host.parse::<IpAddr>().is_err()) {
        Some(name) => format!("{name}:{port}"),
        // Listening everywhere is reached here, too.
        None if address.ip().is_unspecified() => format!("{}:{port}", Ipv4Addr::LOCALHOST),
        None => address.to_string(),
    }
}

/// Opens a page in the system's browser; whether that could be begun.
fn opens(url: &str) -> bool {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(windows) {
        "explorer"
    } else {
        "xdg-open"
    };
    // It lives as long as the browser does, and may say what it likes.
    let begun = Command::new(program).arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    begun.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_the_name_that_was_given_or_an_address_that_leads_there() {
        let of = |address: &str, host| authority(address.parse().expect("an address"), host);
        assert_eq!(of("127.0.0.1:80", None), "127.0.0.1:80");
        assert_eq!(of("0.0.0.0:80", Some("0.0.0.0")), "127.0.0.1:80");
        assert_eq!(of("10.0.0.7:80", Some("lab.example")), "lab.example:80");
        assert_eq!(of("[::1]:80", Some("::1")), "[::1]:80");
    }

    #[test]
    fn a_port_that_is_taken_is_told_where_it_was_asked_for() {
        let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = taken.local_addr().expect("an address").port();
        let place = PlaceArgs { port: Some(port), host: None, open: false };
        let error = listener(&place).expect_err("it is taken").to_string();
        assert!(error.contains(&format!("127.0.0.1, port {port}")), "{error}");
    }
}
