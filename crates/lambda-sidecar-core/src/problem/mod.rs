//! How an error looks to the client (`docs/failures.md`).

mod error;
mod error_set;
mod grpc;
mod render;

pub(crate) use self::grpc::GrpcWords;
pub use self::grpc::{grpc_answer, is_grpc};
pub use self::{
    error::SidecarError,
    error_set::{ErrorSet, ErrorSetEntry},
    render::{ErrorContext, PROBLEM_JSON, X_ERROR_DETAIL_HEADER, X_SIDECAR_ERROR},
};
