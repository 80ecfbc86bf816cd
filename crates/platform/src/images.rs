//! Images that nothing uses any more are removed from the platform's own registry.
//!
//! Mark and sweep: while nobody may write or read an image, it is asked what is in use. Functions name their
//! newest image and the one that they were given, Revisions what can be rolled back to, Pods what runs.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use domain::function::LambdaFunction;
use k8s_openapi::api::core::v1::{Pod, PodSpec};
use knative::serving::Revision;
use kube::Api;
use kube::api::ListParams;
use oci::{Freed, Layout};
use tokio_util::sync::CancellationToken;

use crate::{Error, Platform, Result};

/// How often unused images are looked for.
const EVERY: Duration = Duration::from_hours(1);
/// The same where an image was just being written or read.
const SOON: Duration = Duration::from_mins(1);

impl Platform {
    /// Removes images that were pushed `age` ago or earlier and that nothing uses, until `stop`. Not at the
    /// start: a build that ended just before a crash gets the time to be noticed.
    pub async fn run_image_sweeper(self, images: Layout, age: Duration, stop: CancellationToken) {
        let mut pause = EVERY;
        while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
            let now = Duration::from_millis(u64::try_from(self.now().as_millis()).unwrap_or_default());
            let before = SystemTime::UNIX_EPOCH + now.saturating_sub(age);
            // Not stopped half way: it takes no longer than a few lists.
            pause = match sweep(self.kube(), &images, before).await {
                Ok(None) => SOON,
                Ok(Some(freed)) => {
                    tell(freed);
                    EVERY
                }
                Err(error) => {
                    tracing::warn!(%error, "unused images were not looked for; trying again in an hour");
                    EVERY
                }
            };
        }
    }
}

/// Takes over the images that a version without repositories left in the layout, by what uses them; how many.
pub async fn adopt_images(kube: &kube::Client, images: &Layout) -> Result<usize> {
    if !images.has_old_entries().map_err(Error::internal)? {
        return Ok(0);
    }
    let used = used(kube).await?;
    let layout = images.clone();
    let done = tokio::task::spawn_blocking(move || layout.adopt(&used, is_built_here));
    done.await.map_err(Error::internal)?.map_err(Error::internal)
}

fn is_built_here(image: &oci::Image) -> bool {
    image.config.config.labels.contains_key("io.knative.lambda.runtime")
}

/// None while an image is written or read.
async fn sweep(kube: &kube::Client, images: &Layout, before: SystemTime) -> Result<Option<Freed>> {
    let Some(sweep) = images.sweep().map_err(Error::internal)? else { return Ok(None) };
    let used = used(kube).await?;
    let done = tokio::task::spawn_blocking(move || {
        sweep.run(before, |entry| used.iter().any(|reference| entry.is_named(reference)))
    });
    Ok(Some(done.await.map_err(Error::internal)?.map_err(Error::internal)?))
}

/// All image references that something could start.
async fn used(kube: &kube::Client) -> Result<BTreeSet<String>> {
    let all = ListParams::default();
    let mut used = BTreeSet::new();
    for function in Api::<LambdaFunction>::all(kube.clone()).list(&all).await? {
        used.extend(function.spec.source.image.as_ref().map(domain::function::ImageSource::reference));
        let build = function.status.and_then(|status| status.build_status);
        used.extend(build.and_then(|build| build.image_uri));
    }
    for revision in Api::<Revision>::all(kube.clone()).list(&all).await? {
        used.extend(references(&revision.spec.pod));
    }
    for pod in Api::<Pod>::all(kube.clone()).list(&all).await? {
        used.extend(pod.spec.iter().flat_map(references));
    }
    Ok(used)
}

fn references(pod: &PodSpec) -> impl Iterator<Item = String> + '_ {
    let init = pod.init_containers.iter().flatten();
    init.chain(&pod.containers).filter_map(|container| container.image.clone())
}

fn tell(freed: Freed) {
    metrics::counter!("knative_lambda_images_deleted_total").increment(freed.images);
    metrics::counter!("knative_lambda_images_deleted_bytes_total").increment(freed.bytes);
    if freed != Freed::default() {
        tracing::info!(
            images = freed.images,
            blobs = freed.blobs,
            bytes = freed.bytes,
            "unused images were removed"
        );
    }
}

#[cfg(test)]
mod tests {
    use cluster::{Cluster, Config};
    use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
    use kube::CustomResourceExt;
    use kube::api::PostParams;
    use kube::runtime::wait::{await_condition, conditions};
    use oci::{Compression, ContainerConfig, Image, ImageConfig, layer};
    use serde_json::{Value, json};

    use super::*;

    fn push(layout: &Layout, text: &str, name: &str) -> Image {
        let _using = layout.using().unwrap();
        let entries = vec![layer::Entry::bytes("function/main.py", text)];
        let layer = layout.put_layer(entries, Compression::Zstd).unwrap();
        layout.push(ImageConfig::new(ContainerConfig::default()), &[layer], Some(name)).unwrap()
    }

    async fn create<K>(kube: &kube::Client, object: Value)
    where
        K: kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>
            + Clone
            + std::fmt::Debug
            + serde::Serialize
            + serde::de::DeserializeOwned,
    {
        let object = serde_json::from_value(object).unwrap();
        Api::<K>::default_namespaced(kube.clone()).create(&PostParams::default(), &object).await.unwrap();
    }

    #[tokio::test]
    async fn only_images_that_no_function_revision_or_pod_uses_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::open(folder.path().join("images")).unwrap();
        let cluster = Cluster::start(Config::new(folder.path(), "token")).await.unwrap();
        let kube = cluster.client();
        let definitions: Api<CustomResourceDefinition> = Api::all(kube.clone());
        let definition = definitions.create(&PostParams::default(), &LambdaFunction::crd()).await.unwrap();
        let name = definition.metadata.name.unwrap();
        await_condition(definitions, &name, conditions::is_crd_established()).await.unwrap();

        let given = push(&layout, "given", "default/given:1");
        let revised = push(&layout, "revised", "default/f:1");
        let running = push(&layout, "running", "default/f:2");
        // Equal to what runs, in the repository of someone who does not use it.
        push(&layout, "running", "rival/copy:1");
        let unused = push(&layout, "unused", "default/f:3");
        create::<LambdaFunction>(
            &kube,
            json!({
                "apiVersion": "lambda.knative.io/v1alpha1", "kind": "LambdaFunction",
                "metadata": {"name": "given"},
                "spec": {"source": {"type": "image", "image": {"repository": "default/given", "tag": "1"}}},
            }),
        )
        .await;
        create::<Revision>(
            &kube,
            json!({
                "apiVersion": "serving.knative.dev/v1", "kind": "Revision", "metadata": {"name": "f-00001"},
                "spec": {"containers": [{"name": "c", "image": format!("default/f@{}", revised.digest)}]},
            }),
        )
        .await;
        create::<Pod>(
            &kube,
            json!({
                "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "f"},
                "spec": {"containers": [{"name": "c", "image": format!("default/f@{}", running.digest)}]},
            }),
        )
        .await;

        let later = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40);
        let using = layout.using().unwrap();
        assert_eq!(sweep(&kube, &layout, later).await.unwrap(), None, "an image is being written");
        drop(using);
        let early = sweep(&kube, &layout, SystemTime::UNIX_EPOCH).await.unwrap().unwrap();
        assert_eq!(early.images, 0, "the operator may not have seen the newest yet");
        let freed = sweep(&kube, &layout, later).await.unwrap().unwrap();
        assert_eq!((freed.images, freed.blobs), (2, 3), "the copy's blobs are those of the running one");
        for (name, image) in [("default/given:1", given), ("default/f:1", revised), ("default/f:2", running)]
        {
            assert_eq!(layout.resolve(name).unwrap().as_ref(), Some(&image.digest), "{name}");
            assert_eq!(layout.image(&image.digest).unwrap(), image);
        }
        assert_eq!(layout.resolve("rival/copy:1").unwrap(), None);
        assert!(!layout.contains(&unused.digest));
        cluster.shutdown().await;
    }
}
