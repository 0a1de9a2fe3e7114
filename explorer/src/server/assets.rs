//! What pages load: a style sheet, a script, an icon. All of it is in the program.

use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{self, HeaderValue};
use axum::response::Response;
use xxhash_rust::xxh3::xxh3_64;

/// A file of the program.
pub(crate) struct Asset {
    name: &'static str,
    content_type: &'static str,
    content: fn() -> &'static str,
}

static ALL: [Asset; 3] = [
    Asset { name: "style.css", content_type: "text/css; charset=utf-8", content: style },
    Asset {
        name: "explorer.js",
        content_type: "text/javascript; charset=utf-8",
        content: || include_str!("../assets/explorer.js"),
    },
    Asset { name: "icon.svg", content_type: "image/svg+xml", content: || include_str!("../assets/icon.svg") },
];

/// The style of the pages, and that of figures on dark pages.
fn style() -> &'static str {
    static STYLE: LazyLock<String> =
        LazyLock::new(|| format!("{}{}\n", include_str!("../assets/style.css"), kndb_plot::style_sheet()));
    &STYLE
}

/// A word that changes with any of them, and with the program's version: part of every address and ETag, so that nobody gets an old one.
pub(crate) fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let all: String = ALL.iter().map(|asset| (asset.content)()).collect();
        format!("{:08x}", xxh3_64(format!("{}{all}", env!("CARGO_PKG_VERSION")).as_bytes()) as u32)
    });
    &VERSION
}

/// The address of a file.
pub(crate) fn address(name: &str) -> String {
    format!("/assets/{name}?v={}", version())
}

/// Sends the file that an address names.
pub(super) async fn asset(request: Request) -> Response {
    let name = request.uri().path().rsplit('/').next().unwrap_or_default();
    let Some(asset) = ALL.iter().find(|asset| asset.name == name) else {
        let mut response = Response::new(Body::from("there is no such file\n"));
        *response.status_mut() = axum::http::StatusCode::NOT_FOUND;
        return response;
    };
    let mut response = Response::new(Body::from((asset.content)()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    let is_of_this_version = request.uri().query() == Some(&format!("v={}", version()));
    let keep = if is_of_this_version { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    response
}
