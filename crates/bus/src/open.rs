//! Choosing a backend by URL.

use std::{path::Path, sync::Arc};

use domain::SystemClock;

use crate::{Bus, Error, Result, embedded::EmbeddedBus, rabbitmq::RabbitBus};

/// The bus of `KL_BUS_URL`: `embedded` (a file `bus.redb` in `data_dir`, which must exist), or
/// `amqp:`/`amqps:`.
pub async fn open(url: &str, data_dir: &Path) -> Result<Arc<dyn Bus>> {
    match url.split_once(':').map_or(url, |(scheme, _)| scheme) {
        "embedded" => {
            Ok(Arc::new(EmbeddedBus::open(data_dir.join("bus.redb"), Arc::new(SystemClock)).await?))
        }
        "amqp" | "amqps" => Ok(Arc::new(RabbitBus::open(url, Arc::new(SystemClock)).await?)),
        other => Err(Error::Unsupported(format!(
            "KL_BUS_URL begins with \"{other}\"; \"embedded\", \"amqp:\" and \"amqps:\" are known."
        ))),
    }
}
