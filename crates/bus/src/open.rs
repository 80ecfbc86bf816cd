//! Choosing a backend by URL.

use std::{path::Path, sync::Arc};

use domain::SystemClock;

use crate::{Bus, Error, Result, embedded::EmbeddedBus};

/// The bus of `KL_BUS_URL`: `embedded` (a file `bus.redb` in `data_dir`, which must exist), or
/// `amqp:`/`amqps:`.
pub async fn open(url: &str, data_dir: &Path) -> Result<Arc<dyn Bus>> {
    match url.split_once(':').map_or(url, |(scheme, _)| scheme) {
        "embedded" => {
            Ok(Arc::new(EmbeddedBus::open(data_dir.join("bus.redb"), Arc::new(SystemClock)).await?))
        }
        "amqp" | "amqps" => Err(Error::Unsupported(
            "This version has no RabbitMQ backend yet; set KL_BUS_URL to \"embedded\".".to_owned(),
        )),
        other => Err(Error::Unsupported(format!(
            "KL_BUS_URL begins with \"{other}\"; \"embedded\" and \"amqp:\" are known."
        ))),
    }
}
