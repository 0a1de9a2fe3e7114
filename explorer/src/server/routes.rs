//! Addresses and what is at them. A router does not tell which addresses it has; this does, for the description of the interface.

use std::sync::Arc;

use axum::Router;
use axum::routing::MethodRouter;

use super::Site;

/// Some addresses.
#[derive(Default)]
pub(crate) struct Routes {
    router: Router<Arc<Site>>,
    addresses: Vec<&'static str>,
}

impl Routes {
    /// The same with one more address.
    pub(crate) fn route(mut self, address: &'static str, at: MethodRouter<Arc<Site>>) -> Self {
        self.addresses.push(address);
        Self { router: self.router.route(address, at), ..self }
    }

    /// The same with all of others.
    pub(crate) fn merge(mut self, others: Self) -> Self {
        self.addresses.extend(others.addresses);
        Self { router: self.router.merge(others.router), ..self }
    }

    /// All addresses, as the router has them: `/relation/{id}`.
    #[cfg(test)]
    pub(crate) fn addresses(&self) -> &[&'static str] {
        &self.addresses
    }

    pub(super) fn into_router(self) -> Router<Arc<Site>> {
        self.router
    }
}
