//! Where lines come from: pages by call. New ones come by stream, see [`super::follow`].

use domain::{
    TenantName,
    log::{Level, LogPage, LogQuery, LogTarget},
};

use crate::{AppError, api::logs::read_log};

/// Lines that are asked for at once.
pub(super) const PAGE: u32 = 1000;
/// The same while searching.
pub(super) const LARGE_PAGE: u32 = 5000;

/// One log of the platform.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) tenant: TenantName,
    pub(super) target: LogTarget,
    pub(super) stream: String,
    /// Only the lines of this call.
    pub(super) correlation: Option<String>,
}

impl Source {
    /// The newest lines.
    pub(super) async fn tail(&self) -> Result<LogPage, AppError> {
        self.read(LogQuery { limit: Some(PAGE), ..LogQuery::default() }).await
    }

    /// The lines before `number`.
    pub(super) async fn before(&self, number: u64, limit: u32) -> Result<LogPage, AppError> {
        self.read(LogQuery { before: Some(number), limit: Some(limit), ..LogQuery::default() }).await
    }

    /// Of all that is kept, the first line of this level or a worse one, and how many there are.
    pub(super) async fn first_of(&self, level: Level) -> Result<LogPage, AppError> {
        let query = LogQuery { after: Some(0), level: Some(level), limit: Some(1), ..LogQuery::default() };
        self.read(query).await
    }

    pub(super) async fn read(&self, query: LogQuery) -> Result<LogPage, AppError> {
        let query = LogQuery { correlation: self.correlation.clone(), ..query };
        read_log(self.tenant.clone(), self.target.clone(), query).await
    }
}
