//! A rebuild with unchanged dependencies: the log says whether pip or npm ran.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::{platform::Platform, report::Report};

const PATIENCE: Duration = Duration::from_secs(180);

/// Name, language, code with a mark to change, dependencies, and the program that installs them.
type Case = (&'static str, &'static str, &'static str, &'static str, &'static str);

const CASES: [Case; 2] = [
    (
        "by-pip",
        "python",
        "import six\n\n\ndef handler(event):\n    return [six.__version__, MARK]\n",
        "six==1.17.0\n",
        "pip",
    ),
    (
        "by-npm",
        "nodejs",
        "const ms = require(\"ms\");\nexports.handler = () => [ms(\"1s\"), MARK];\n",
        "{\"dependencies\": {\"ms\": \"2.1.3\"}}\n",
        "npm",
    ),
];

pub(crate) async fn measure(binary: &Path, report: &mut Report) -> Result<()> {
    let platform = Platform::start(binary).await?;
    for (name, language, code, dependencies, program) in CASES {
        let spec = |mark: &str| {
            json!({
                "source": {"type": "inline", "inline": {"code": code.replace("MARK", mark), "dependencies": dependencies}},
                "runtime": {"language": language},
            })
        };
        platform.create(name, spec("1")).await?;
        let first = build(&platform, name, 1).await?;
        let path = format!("/apis/lambda.knative.io/v1alpha1/namespaces/default/lambdafunctions/{name}");
        let changed = json!({"spec": {"source": {"inline": {"code": code.replace("MARK", "2")}}}});
        platform.kubernetes.ask(reqwest::Method::PATCH, &path, Some(&changed)).await?;
        let second = build(&platform, name, 2).await?;
        if first.cached {
            bail!("the first build of {name} found its dependencies in the cache of a new platform");
        }
        report.add(
            &format!("rebuild with unchanged dependencies, {program}"),
            if second.cached { format!("{program} is not run") } else { format!("{program} is run") },
            format!("dependencies first {} ms, then {} ms", first.milliseconds, second.milliseconds),
            &format!("{program} is not run"),
            second.cached,
        );
    }
    Ok(())
}

/// The step of a build that installs.
struct Installed {
    cached: bool,
    milliseconds: i64,
}

async fn build(platform: &Platform, function: &str, number: i64) -> Result<Installed> {
    let limit = Instant::now() + PATIENCE;
    loop {
        let page = platform.read(&format!("/functions/{function}/builds")).await?;
        let builds = page["items"].as_array().into_iter().flatten();
        if let Some(build) = builds.into_iter().find(|build| build["number"] == number) {
            match build["state"].as_str() {
                Some("completed") => return dependencies(build),
                Some("queued" | "running") | None => {}
                Some(state) => bail!("build {number} of {function} is {state}: {}", build["report"]),
            }
        }
        if Instant::now() > limit {
            bail!("build {number} of {function} did not end: {page}");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn dependencies(build: &Value) -> Result<Installed> {
    let mut steps = build["report"]["steps"].as_array().into_iter().flatten();
    let step = steps
        .find(|step| step["name"] == "dependencies")
        .with_context(|| format!("a step that installs: {build}"))?;
    Ok(Installed {
        cached: step["cached"].as_bool().unwrap_or(false),
        milliseconds: step["durationMs"].as_i64().unwrap_or_default(),
    })
}
