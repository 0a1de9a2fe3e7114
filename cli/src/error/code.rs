//! What the process ends with.

#[cfg(feature = "attribute")]
use kndb_engine::Error as Engine;
use kndb_query::ErrorKind;

use super::{CliError, NameError};
use crate::interrupt;

/// Exit code of an error in a query or in the data.
pub const FAILED: u8 = 1;
/// Exit code of wrong usage; clap uses the same.
pub const USAGE: u8 = 2;
/// Exit code of a bug in kndb.
pub const BUG: u8 = 255;

impl CliError {
    /// The process's exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Output(_) if self.is_closed_pipe() => 0,
            Self::Stopped | Self::Store(kndb_storage::Error::Stopped) => interrupt::exit_code(),
            Self::RunNeeds { .. }
            | Self::Shape { .. }
            | Self::NotConfirmed { .. }
            | Self::NotRepaired { .. }
            | Self::StatementFirst { .. }
            | Self::CommandSecond { .. }
            | Self::StoreSecond { .. } => USAGE,
            Self::NoRunNamed => USAGE,
            #[cfg(feature = "parquet")]
            Self::OneStatement
            | Self::NotForExport { .. }
            | Self::Export(kndb_export::ExportError::Unknown { .. } | kndb_export::ExportError::UnknownFormat { .. }) => {
                USAGE
            }
            #[cfg(feature = "parquet")]
            Self::Export(kndb_export::ExportError::Stopped) => interrupt::exit_code(),
            Self::PictureFormat { .. } | Self::NotForFigure { .. } => USAGE,
            Self::Name(NameError::UnknownRelation { .. } | NameError::RelationOfSeveral { .. }) => USAGE,
            Self::Query { error, .. } if error.kind == ErrorKind::Bug => BUG,
            #[cfg(feature = "attribute")]
            Self::SameFile { .. }
            | Self::WhichRun { .. }
            | Self::NoSuchRun { .. }
            | Self::WhichScores { .. }
            | Self::GroupsAmongScores { .. }
            | Self::NotNeurons { .. } => USAGE,
            #[cfg(feature = "attribute")]
            Self::Study(kndb_study::StudyError::Option { .. } | kndb_study::StudyError::Unknown { .. }) => USAGE,
            #[cfg(feature = "attribute")]
            Self::Study(kndb_study::StudyError::Stopped { .. }) => interrupt::exit_code(),
            #[cfg(feature = "attribute")]
            Self::Engine(Engine::Panicked { .. }) => BUG,
            #[cfg(feature = "attribute")]
            Self::Study(kndb_study::StudyError::Panicked { .. }) => BUG,
            #[cfg(feature = "attribute")]
            Self::NotForMethod { .. }
            | Self::Edit(_)
            | Self::Engine(Engine::Option { .. } | Engine::Unknown { .. }) => USAGE,
            #[cfg(feature = "attribute")]
            Self::Interrupted { .. } => interrupt::exit_code(),
            _ => FAILED,
        }
    }
}
