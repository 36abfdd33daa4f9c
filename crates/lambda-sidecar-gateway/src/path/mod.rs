//! Paths of endpoints: how they can be read, and which endpoint a request's path belongs to.

mod decode;
mod lenient;
mod normal;
mod paths;
#[cfg(test)]
mod tests;

pub(crate) use self::{
    lenient::LenientPath,
    paths::{PathMatch, Paths},
};
