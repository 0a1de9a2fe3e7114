//! A scheduler and executors of Ballista. Each is a process that runs until it is ended.

use crate::Failed;
use ballista_core::extension::SessionConfigExt;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::start_server;
use datafusion::execution::SessionStateBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// Stack of a thread, in bytes: plans are trees and are walked by recursion; Ballista's own programs take this, too.
pub const STACK: usize = 32 << 20;

/// Runs a scheduler on loopback.
///
/// # Errors
/// When the port is taken.
pub async fn scheduler(port: u16) -> Result<(), Failed> {
    let config = SchedulerConfig { bind_port: port, ..SchedulerConfig::default() };
    let cluster = BallistaCluster::new_from_config(&config).await?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    Ok(start_server(cluster, address, Arc::new(config)).await?)
}

/// Runs an executor on loopback, for the scheduler at a port of it: its results go by `port`, what it is told by `port + 1`. It waits for the
/// scheduler, for half a minute at most.
///
/// # Errors
/// When there is no scheduler, or a port is taken.
pub async fn executor(port: u16, scheduler: u16, threads: usize) -> Result<(), Failed> {
    let config = ExecutorProcessConfig {
        port,
        grpc_port: port + 1,
        scheduler_host: Ipv4Addr::LOCALHOST.to_string(),
        scheduler_port: scheduler,
        scheduler_connect_timeout_seconds: 30,
        vcores: threads,
        ..ExecutorProcessConfig::default()
    };
    Ok(start_executor_process(Arc::new(config)).await?)
}

/// A context whose statements a scheduler at a port of loopback shares out, into so many partitions.
///
/// # Errors
/// When there is no scheduler, ten seconds long.
pub async fn connect(port: u16, partitions: usize) -> Result<SessionContext, Failed> {
    use ballista::prelude::SessionContextExt;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    for attempt in 0.. {
        match tokio::net::TcpStream::connect(address).await {
            Ok(_) => break,
            Err(refused) if attempt == 100 => return Err(format!("no scheduler at {address}: {refused}").into()),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    let config = SessionConfig::new_with_ballista().with_target_partitions(partitions);
    let state = SessionStateBuilder::new().with_config(config).with_default_features().build();
    Ok(SessionContext::remote_with_state(&format!("df://{address}"), state).await?)
}
