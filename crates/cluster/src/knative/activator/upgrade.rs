//! A connection that changed its protocol (WebSocket): bytes both ways until one side ends.

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use super::{call::Outcome, record::Record};

/// Carries bytes between caller and function; the call lasts as long as this does.
pub(super) async fn carry(caller: OnUpgrade, function: OnUpgrade, mut record: Record) {
    let outcome = match futures::future::try_join(caller, function).await {
        Ok((caller, function)) => {
            let (mut caller, mut function) = (TokioIo::new(caller), TokioIo::new(function));
            match tokio::io::copy_bidirectional(&mut caller, &mut function).await {
                Ok((_, down)) => {
                    record.response_bytes = down;
                    Outcome::Answered
                }
                Err(_) => Outcome::CallerGone,
            }
        }
        Err(_) => Outcome::BrokenOff,
    };
    record.finish(outcome);
}
