//! `scrypath serve`: the embedded index on a port.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use scrypath_engine::{Engine, Options};

#[derive(Args)]
pub(crate) struct Serve {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:7700")]
    addr: SocketAddr,
    /// Folder to keep the index in; without it, it lives in memory
    #[arg(long)]
    db: Option<PathBuf>,
    /// Key that every request but /health must then bring, itself or a key made with it
    #[arg(long, env = "SCRYPATH_MASTER_KEY", hide_env_values = true)]
    master_key: Option<String>,
}

pub(crate) fn run(serve: Serve) -> ExitCode {
    let master_key = serve.master_key.filter(|key| !key.is_empty());
    if !serve.addr.ip().is_loopback() && master_key.is_none() {
        eprintln!("scrypath: {} can be reached from other machines: set SCRYPATH_MASTER_KEY", serve.addr);
        return ExitCode::from(2);
    }
    let options = Options { master_key };
    let engine = match &serve.db {
        Some(path) => match Engine::open(path, options) {
            Ok(engine) => engine,
            Err(error) => {
                eprintln!("scrypath: {error}");
                return ExitCode::FAILURE;
            }
        },
        None => Engine::memory(options),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("scrypath: {error}");
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(listen(serve.addr, engine.clone()));
    engine.close();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("scrypath: cannot listen on {}: {error}", serve.addr);
            ExitCode::FAILURE
        }
    }
}

async fn listen(addr: SocketAddr, engine: Engine) -> std::io::Result<()> {
    let stop = stop_signal()?;
    let listener = tokio::net::TcpListener::bind(addr).await?;
    let addr = listener.local_addr()?;
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "listening on http://{addr}")?;
    stdout.flush()?;
    drop(stdout);
    scrypath_engine::server::serve(engine, listener, stop).await;
    Ok(())
}

/// Resolves on the first SIGINT or SIGTERM.
#[cfg(unix)]
pub(crate) fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
pub(crate) fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
