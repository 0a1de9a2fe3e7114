//! Where tensors live. The one module that names backends.

use crate::error::{Error, Result};
use burn::tensor::Device;

/// The device of a name: `cpu` (burn's flex, pure Rust), and with feature `tch` `torch` and `cuda:N` (libtorch).
pub fn device(name: &str) -> Result<Device> {
    let refuse = |reason: &str| Err(Error::Device { given: name.to_owned(), reason: reason.to_owned() });
    match name {
        "cpu" => Ok(Device::flex()),
        #[cfg(feature = "tch")]
        #[expect(deprecated, reason = "burn 0.22 is the last release with burn-tch")]
        "torch" => Ok(Device::libtorch()),
        #[cfg(feature = "tch")]
        #[expect(deprecated, reason = "burn 0.22 is the last release with burn-tch")]
        _ if name == "cuda" || name.starts_with("cuda:") => {
            let index = name.strip_prefix("cuda").and_then(|rest| rest.strip_prefix(':')).unwrap_or("0");
            match index.parse::<usize>() {
                Ok(index) => Ok(Device::libtorch_cuda(index)),
                Err(_) => refuse("expected cuda or cuda:N"),
            }
        }
        #[cfg(not(feature = "tch"))]
        _ if name == "torch" || name.starts_with("cuda") => {
            refuse("this build has no libtorch; build with `--features tch` (docs/attribution.md)")
        }
        _ => refuse("unknown; expected cpu, or with feature `tch` torch or cuda:N"),
    }
}

/// Whether its operations are done by the threads that ask for them, and not queued for a GPU.
pub(crate) fn is_processor(device: &Device) -> bool {
    #[cfg(feature = "tch")]
    #[expect(deprecated, reason = "burn 0.22 is the last release with burn-tch")]
    let torch = *device == Device::libtorch();
    #[cfg(not(feature = "tch"))]
    let torch = false;
    torch || *device == Device::flex()
}
