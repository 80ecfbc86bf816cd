//! Commands for the administrator of this machine: they work on the data folder, also while the server runs.

use domain::{
    Clock, SystemClock, TenantName,
    identity::{Role, User},
};
use store::{NewApiToken, Store};

use crate::{
    Error, Result,
    auth::{self, local},
    config::Config,
    data_folder::secret,
    wiring,
};

/// What `token create` was asked for.
pub(crate) struct NewToken {
    pub(crate) tenant: TenantName,
    pub(crate) role: Role,
    pub(crate) name: String,
    /// 0: never ends.
    pub(crate) days: i64,
}

async fn open(config: &Config) -> Result<std::sync::Arc<dyn Store>> {
    if !config.data_dir.join("admin-token").exists() {
        return Err(Error::Command(format!(
            "There is no server's data in {}: start the server once, or name its folder with --data-dir.",
            config.data_dir.display()
        )));
    }
    wiring::open_store(config, &config.data_dir).await
}

/// A fresh link for the local administrator, or for a local person with the roles that tenants give them.
pub(crate) async fn sign_in_link(config: &Config, name: &str) -> Result<String> {
    let user = match name {
        "admin" => local::administrator(),
        _ if !config.listen.ip().is_loopback() => {
            return Err(Error::Command(
                "Local people can sign in on this machine only: the dashboard is at an address that others reach."
                    .to_owned(),
            ));
        }
        _ if name.parse::<TenantName>().is_err() => {
            return Err(Error::Command(
                "A local name has lower-case letters, digits and hyphens.".to_owned(),
            ));
        }
        name => User::local(name),
    };
    let store = open(config).await?;
    let link = local::new_link(&*store, &config.public_url(), user, SystemClock.now())
        .await
        .map_err(|error| Error::Command(format!("A link could not be made: {error}")))?;
    store.close().await;
    Ok(link)
}

/// Follows the audit trail from its beginning.
pub(crate) async fn verify_audit(config: &Config) -> Result<String> {
    let store = open(config).await?;
    let check = store.verify_audit().await;
    store.close().await;
    let check = check.map_err(|error| Error::Command(format!("The trail could not be read: {error}")))?;
    match check.broken {
        None => Ok(format!("{} acts, all whole. Newest hash: {}", check.checked, check.head)),
        Some(why) => Err(Error::Command(format!(
            "The audit trail is damaged. {why} {} acts before it are whole.",
            check.checked
        ))),
    }
}

/// A token for scripts.
pub(crate) async fn create_token(config: &Config, new: &NewToken) -> Result<String> {
    let store = open(config).await?;
    let token = secret(auth::TOKEN_PREFIX);
    let id = uuid::Uuid::now_v7().to_string();
    let now = SystemClock.now();
    let row = NewApiToken {
        user: User {
            id: format!("token:{id}"),
            name: new.name.clone(),
            roles: vec![(new.tenant.clone(), new.role)],
            ..User::default()
        },
        id,
        name: new.name.clone(),
        created_at: now,
        expires_at: (new.days > 0).then(|| now.plus_millis(new.days.saturating_mul(86_400_000))),
    };
    store
        .save_api_token(&token, &row)
        .await
        .map_err(|error| Error::Command(format!("The token could not be kept: {error}")))?;
    store.close().await;
    Ok(token)
}
