//! How commands end.

use std::process::ExitCode;

use intake::Misuse;
pub(crate) use intake::misuse;

/// How a command that did not fail ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It did or found what was asked: exit code 0.
    Found,
    /// Nothing was found: exit code 1.
    Nothing,
}

/// Writes a failure to standard error, once, with its causes, and gives the exit code: 2 for bad use, 3 for whatever else
/// failed.
#[expect(clippy::print_stderr, reason = "the one place where failures are written")]
pub(crate) fn report(result: anyhow::Result<Ending>) -> ExitCode {
    let error = match result {
        Ok(Ending::Found) => return ExitCode::SUCCESS,
        Ok(Ending::Nothing) => return ExitCode::from(1),
        Err(error) => error,
    };
    if is_broken_pipe(&error) {
        return ExitCode::SUCCESS; // whoever read has seen enough
    }
    eprintln!("spoor: {}", model::text::visible(&format!("{error:#}")));
    let of_engine = matches!(error.downcast_ref(), Some(engine::Error::Invalid { .. }));
    let of_store = matches!(error.downcast_ref(), Some(observations::Error::Invalid(_)));
    ExitCode::from(if error.is::<Misuse>() || of_engine || of_store { 2 } else { 3 })
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>());
    io.is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
}
