//! Data against the schema of its type.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    BuildCommand, BuildEnded, BuildStarted, DeployCommand, EventType, FunctionChanged, FunctionDeleted,
    HealthCheck, InvokeAsync, ParserEnded, ParserStarted, ResponseError, ResponseSuccess, RollbackCommand,
    ServiceChanged, ServiceCommand, ServiceDeleted, StatusUpdated,
};

/// The data does not fit the type; the `Display` says where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidData(String);

impl fmt::Display for InvalidData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "The data does not fit the event's type: {}.", self.0)
    }
}

impl std::error::Error for InvalidData {}

fn decodes<T: DeserializeOwned>(data: &Value) -> Result<(), InvalidData> {
    T::deserialize(data).map(drop).map_err(|error| InvalidData(error.to_string()))
}

/// Whether `data` is what an event of type `kind` carries.
pub fn check_data(kind: EventType, data: &Value) -> Result<(), InvalidData> {
    match kind {
        EventType::FunctionCreated | EventType::FunctionUpdated => decodes::<FunctionChanged>(data),
        EventType::FunctionDeleted => decodes::<FunctionDeleted>(data),
        EventType::BuildStarted => decodes::<BuildStarted>(data),
        EventType::BuildCompleted
        | EventType::BuildFailed
        | EventType::BuildTimeout
        | EventType::BuildCancelled
        | EventType::BuildStopped => decodes::<BuildEnded>(data),
        EventType::ServiceCreated | EventType::ServiceUpdated => decodes::<ServiceChanged>(data),
        EventType::ServiceDeleted => decodes::<ServiceDeleted>(data),
        EventType::StatusUpdated => decodes::<StatusUpdated>(data),
        EventType::HealthCheck => decodes::<HealthCheck>(data),
        EventType::ParserStarted => decodes::<ParserStarted>(data),
        EventType::ParserCompleted | EventType::ParserFailed => decodes::<ParserEnded>(data),
        EventType::CommandFunctionDeploy => decodes::<DeployCommand>(data),
        EventType::CommandFunctionRollback => decodes::<RollbackCommand>(data),
        EventType::CommandBuildStart | EventType::CommandBuildCancel | EventType::CommandBuildRetry => {
            decodes::<BuildCommand>(data)
        }
        EventType::CommandServiceCreate
        | EventType::CommandServiceUpdate
        | EventType::CommandServiceDelete => decodes::<ServiceCommand>(data),
        EventType::InvokeAsync => decodes::<InvokeAsync>(data),
        EventType::ResponseSuccess => decodes::<ResponseSuccess>(data),
        EventType::ResponseError => decodes::<ResponseError>(data),
    }
}

/// JSON Schema 2020-12 of the data of `kind`.
#[cfg(feature = "kube")]
pub fn schema(kind: EventType) -> schemars::Schema {
    use schemars::schema_for;
    match kind {
        EventType::FunctionCreated | EventType::FunctionUpdated => schema_for!(FunctionChanged),
        EventType::FunctionDeleted => schema_for!(FunctionDeleted),
        EventType::BuildStarted => schema_for!(BuildStarted),
        EventType::BuildCompleted
        | EventType::BuildFailed
        | EventType::BuildTimeout
        | EventType::BuildCancelled
        | EventType::BuildStopped => schema_for!(BuildEnded),
        EventType::ServiceCreated | EventType::ServiceUpdated => schema_for!(ServiceChanged),
        EventType::ServiceDeleted => schema_for!(ServiceDeleted),
        EventType::StatusUpdated => schema_for!(StatusUpdated),
        EventType::HealthCheck => schema_for!(HealthCheck),
        EventType::ParserStarted => schema_for!(ParserStarted),
        EventType::ParserCompleted | EventType::ParserFailed => schema_for!(ParserEnded),
        EventType::CommandFunctionDeploy => schema_for!(DeployCommand),
        EventType::CommandFunctionRollback => schema_for!(RollbackCommand),
        EventType::CommandBuildStart | EventType::CommandBuildCancel | EventType::CommandBuildRetry => {
            schema_for!(BuildCommand)
        }
        EventType::CommandServiceCreate
        | EventType::CommandServiceUpdate
        | EventType::CommandServiceDelete => {
            schema_for!(ServiceCommand)
        }
        EventType::InvokeAsync => schema_for!(InvokeAsync),
        EventType::ResponseSuccess => schema_for!(ResponseSuccess),
        EventType::ResponseError => schema_for!(ResponseError),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn data_of_another_shape_is_refused_with_the_missing_field() {
        let error = check_data(EventType::BuildStarted, &json!({"buildId": "b"})).unwrap_err();
        assert!(error.to_string().contains("sourceHash"), "{error}");
        assert!(check_data(EventType::InvokeAsync, &json!([1, "x"])).is_ok());
    }
}
