//! The command line.

use std::{collections::BTreeMap, ffi::OsString, process::ExitCode};

use clap::{Arg, ArgMatches, Command};
use domain::{TenantName, identity::Role};
use kube::CustomResourceExt;

use crate::{
    Error, Result, builder_command, commands,
    config::{self, Config, KEYS},
    wiring,
};

/// The hidden subcommand that becomes a user's process.
pub const SANDBOX: &str = "sandbox-exec";
/// The subcommand that runs in a build's Pod.
pub const BUILDER: &str = "builder";

const EXIT_CODES: &str = "Exit codes: 0 well, 1 a command was refused, 2 wrong usage, 69 address in use, \
                          70 a part did not start, 73 data folder not writable, 74 disk full, \
                          75 another server uses the data folder, 78 wrong configuration.";

fn command() -> Command {
    // clap keeps names for ever; this runs once.
    let settings = KEYS.iter().map(|key| {
        Arg::new(key.name)
            .long(&*key.flag().leak())
            .help(format!("{} [{}{}]", key.doc.trim(), key.variable(), default_of(key)))
            .value_name("VALUE")
            .global(true)
            .hide(key.name != "listen" && key.name != "data_dir")
    });
    let config = Arg::new("config").long("config").help("TOML file with settings [KL_CONFIG]").global(true);
    let token = Command::new("token").about("Tokens for scripts").subcommand_required(true).subcommand(
        Command::new("create")
            .about("Creates a token and prints it alone on the last line")
            .arg(Arg::new("tenant").long("tenant").help("Tenant that it acts in").default_value("default"))
            .arg(Arg::new("role").long("role").help("viewer, developer or owner").default_value("developer"))
            .arg(Arg::new("name").long("name").help("What people see in lists").default_value("script"))
            .arg(Arg::new("days").long("days").help("Days until it ends; 0: never").default_value("90")),
    );
    Command::new("knative-lambda")
        .about("A serverless platform of your own: functions, builds and events on one machine")
        .version(env!("CARGO_PKG_VERSION"))
        .after_help(EXIT_CODES)
        .args(settings)
        .arg(config)
        .subcommand(
            Command::new("server").about("Dashboard, API and everything else, in one process (the default)"),
        )
        .subcommand(Command::new(BUILDER).about("Builds one image; runs in a build's Pod"))
        .subcommand(Command::new("crds").about("Prints the custom resource definitions"))
        .subcommand(Command::new("config").about("Prints the configuration reference"))
        .subcommand(
            Command::new("sign-in-link")
                .about("Prints a fresh sign-in link for the server on this data folder")
                .arg(
                    Arg::new("as")
                        .long("as")
                        .help("Who signs in: admin, or a local person such as viewer, developer, owner")
                        .default_value("admin"),
                ),
        )
        .subcommand(Command::new("audit").about("The audit trail").subcommand_required(true).subcommand(
            Command::new("verify").about("Finds a row that was changed or taken away; 1 when there is one"),
        ))
        .subcommand(token)
        .subcommand(Command::new(SANDBOX).hide(true))
}

fn default_of(key: &config::Key) -> String {
    if key.default.is_empty() { String::new() } else { format!(", default {}", key.default) }
}

/// Does what the arguments say.
pub fn run(arguments: Vec<OsString>) -> Result<ExitCode> {
    let matches = match command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => {
            // Help and version are no errors; clap knows where each is printed.
            let code = error.exit_code();
            let _ = error.print();
            return Ok(ExitCode::from(u8::try_from(code).unwrap_or(2)));
        }
    };
    match matches.subcommand() {
        None | Some(("server", _)) => {
            let config = Config::load(&flags(&matches))?;
            telemetry::start_logs(&config.log, telemetry::LogFormat::of_stderr())
                .map_err(|error| Error::Config(error.to_string()))?;
            runtime(config.worker_threads)?.block_on(wiring::serve(config))?;
        }
        Some((BUILDER, _)) => return runtime(2)?.block_on(builder_command::run()),
        Some(("crds", _)) => println!("{}", crds()?),
        Some(("config", _)) => print!("{}", config::reference()),
        Some(("sign-in-link", arguments)) => {
            let config = Config::load(&flags(&matches))?;
            let name = arguments.get_one::<String>("as").cloned().unwrap_or_default();
            println!("{}", runtime(1)?.block_on(commands::sign_in_link(&config, &name))?);
        }
        Some(("audit", _)) => {
            let config = Config::load(&flags(&matches))?;
            println!("{}", runtime(1)?.block_on(commands::verify_audit(&config))?);
        }
        Some(("token", sub)) => {
            let Some(("create", arguments)) = sub.subcommand() else { return Ok(ExitCode::from(2)) };
            let config = Config::load(&flags(&matches))?;
            println!("{}", runtime(1)?.block_on(commands::create_token(&config, &token_of(arguments)?))?);
        }
        Some((other, _)) => return Err(Error::Command(format!("There is no command {other}."))),
    }
    Ok(ExitCode::SUCCESS)
}

fn flags(matches: &ArgMatches) -> BTreeMap<String, String> {
    let names = KEYS.iter().map(|key| key.name).chain(["config"]);
    let value = |name: &str| matches.get_one::<String>(name).map(|value| (name.to_owned(), value.clone()));
    names.filter_map(value).collect()
}

fn token_of(arguments: &ArgMatches) -> Result<commands::NewToken> {
    let text = |name: &str| arguments.get_one::<String>(name).cloned().unwrap_or_default();
    let tenant: TenantName = text("tenant").parse().map_err(|error| Error::Command(format!("{error}")))?;
    let role =
        [Role::Viewer, Role::Developer, Role::Owner].into_iter().find(|role| role.as_str() == text("role"));
    let role = role.ok_or_else(|| Error::Command("A role is viewer, developer or owner.".to_owned()))?;
    let days = text("days").parse().map_err(|_| Error::Command("Days are a number.".to_owned()))?;
    Ok(commands::NewToken { tenant, role, name: text("name"), days })
}

fn runtime(threads: usize) -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads.max(1))
        .enable_all()
        .build()
        .map_err(|error| Error::Part { what: "the asynchronous runtime", cause: error.to_string() })
}

/// The definitions as YAML, a document each.
fn crds() -> Result<String> {
    let failed = |error: serde_saphyr::ser::Error| {
        Error::Command(format!("The definitions could not be printed: {error}."))
    };
    let functions = serde_saphyr::to_string(&domain::function::LambdaFunction::crd()).map_err(failed)?;
    let tenants = serde_saphyr::to_string(&domain::tenant::Tenant::crd()).map_err(failed)?;
    Ok(format!("{functions}---\n{tenants}"))
}
