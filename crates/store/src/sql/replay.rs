//! Replays of dead letters, and their jobs.

use async_trait::async_trait;
use domain::{
    TenantName, Timestamp,
    deadletter::{ReplayJob, ReplayRecord},
};

use super::{Backend, Connection, decode, encode, text};
use crate::{ReplayStore, Result};

async fn save(connection: &mut Connection, job: &ReplayJob) -> Result<()> {
    sqlx::query(
        "INSERT INTO replay_jobs (tenant, id, created_at, ended, died_again, job) VALUES ($1, $2, $3, $4, 0, $5)
         ON CONFLICT (tenant, id) DO UPDATE SET ended = excluded.ended, job = excluded.job",
    )
    .bind(job.tenant.as_str())
    .bind(&job.id)
    .bind(job.created_at.as_millis())
    .bind(i64::from(job.state.is_final()))
    .bind(encode("replay job", job)?)
    .execute(connection)
    .await?;
    Ok(())
}

fn job((json, died_again): (String, i64)) -> Result<ReplayJob> {
    let stored: ReplayJob = decode("replay job", &json)?;
    Ok(ReplayJob { died_again: died_again.unsigned_abs(), ..stored })
}

#[async_trait]
impl ReplayStore for Backend {
    async fn finish_replays(
        &self,
        tenant: &TenantName,
        done: &[ReplayRecord],
        job: Option<&ReplayJob>,
    ) -> Result<()> {
        let mut transaction = self.write.begin().await?;
        for record in done {
            sqlx::query(
                "INSERT INTO replays (tenant, source, id, letter, at, replay) VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT (tenant, letter) DO NOTHING",
            )
            .bind(tenant.as_str())
            .bind(text(&record.event.source))
            .bind(text(&record.event.id))
            .bind(record.letter.position)
            .bind(record.at.as_millis())
            .bind(encode("replay", record)?)
            .execute(&mut *transaction)
            .await?;
            sqlx::query("DELETE FROM dead_letters WHERE tenant = $1 AND position = $2")
                .bind(tenant.as_str())
                .bind(record.letter.position)
                .execute(&mut *transaction)
                .await?;
        }
        if let Some(job) = job {
            save(&mut transaction, job).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    async fn list_replays(&self, tenant: &TenantName, source: &str, id: &str) -> Result<Vec<ReplayRecord>> {
        let rows: Vec<String> = sqlx::query_scalar(
            "SELECT replay FROM replays WHERE tenant = $1 AND source = $2 AND id = $3 ORDER BY position LIMIT 100",
        )
        .bind(tenant.as_str())
        .bind(text(source))
        .bind(text(id))
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(|row| decode("replay", row)).collect()
    }

    async fn save_replay_job(&self, job: &ReplayJob) -> Result<()> {
        let mut connection = self.write.acquire().await?;
        save(&mut connection, job).await
    }

    async fn note_died_again(&self, tenant: &TenantName, job: &str) -> Result<()> {
        sqlx::query("UPDATE replay_jobs SET died_again = died_again + 1 WHERE tenant = $1 AND id = $2")
            .bind(tenant.as_str())
            .bind(text(job))
            .execute(&self.write)
            .await?;
        Ok(())
    }

    async fn get_replay_job(&self, tenant: &TenantName, id: &str) -> Result<Option<ReplayJob>> {
        let row: Option<(String, i64)> =
            sqlx::query_as("SELECT job, died_again FROM replay_jobs WHERE tenant = $1 AND id = $2")
                .bind(tenant.as_str())
                .bind(text(id))
                .fetch_optional(&self.read)
                .await?;
        row.map(job).transpose()
    }

    async fn list_replay_jobs(&self, tenant: &TenantName) -> Result<Vec<ReplayJob>> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT job, died_again FROM replay_jobs WHERE tenant = $1 ORDER BY created_at DESC, id LIMIT 50",
        )
        .bind(tenant.as_str())
        .fetch_all(&self.read)
        .await?;
        rows.into_iter().map(job).collect()
    }

    async fn unfinished_replay_jobs(&self) -> Result<Vec<ReplayJob>> {
        let rows: Vec<(String, i64)> =
            sqlx::query_as("SELECT job, died_again FROM replay_jobs WHERE ended = 0 ORDER BY created_at")
                .fetch_all(&self.read)
                .await?;
        rows.into_iter().map(job).collect()
    }

    async fn delete_replays_before(&self, before: Timestamp) -> Result<u64> {
        let done = sqlx::query("DELETE FROM replays WHERE at < $1")
            .bind(before.as_millis())
            .execute(&self.write)
            .await?;
        Ok(done.rows_affected())
    }
}
