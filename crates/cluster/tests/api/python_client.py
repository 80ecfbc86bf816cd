"""What people do with the Python client of Kubernetes, against the cluster of the kubeconfig that is named."""

import json
import sys
import threading

from kubernetes import client, config, dynamic, watch
from kubernetes.client.rest import ApiException

CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
        "versions": [{
            "name": "v1", "served": True, "storage": True, "subresources": {"status": {}},
            "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                "spec": {"type": "object", "required": ["size"], "properties": {"size": {"type": "integer", "minimum": 1}}},
                "status": {"type": "object", "properties": {"ready": {"type": "boolean"}}},
            }}},
        }],
    },
}


def refused(status, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except ApiException as error:
        assert error.status == status, f"{error.status} {error.body}"
        return json.loads(error.body)["message"]
    raise AssertionError(f"{call.__name__} was not refused")


def typed_objects(core):
    names = [one.metadata.name for one in core.list_namespace().items]
    assert "default" in names and "kube-system" in names, names
    core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name="py")))
    made = core.create_namespaced_config_map("py", client.V1ConfigMap(
        metadata=client.V1ObjectMeta(name="a", labels={"app": "x"}), data={"k": "1"}))
    assert made.metadata.uid and made.metadata.creation_timestamp.tzinfo
    assert core.patch_namespaced_config_map("a", "py", {"data": {"k": "2"}}).data == {"k": "2"}
    made.data = {"k": "3"}
    assert "the object has been modified" in refused(409, core.replace_namespaced_config_map, "a", "py", made)
    assert "already exists" in refused(409, core.create_namespaced_config_map, "py", client.V1ConfigMap(
        metadata=client.V1ObjectMeta(name="a")))
    for number in range(5):
        core.create_namespaced_config_map("py", client.V1ConfigMap(metadata=client.V1ObjectMeta(name=f"p{number}")))
    page = core.list_namespaced_config_map("py", limit=4)
    rest = core.list_namespaced_config_map("py", limit=4, _continue=page.metadata._continue)
    assert len(page.items) == 4 and not rest.metadata._continue
    assert len(core.list_namespaced_config_map("py", label_selector="app=x").items) == 1


def watches(core):
    seen, stream = [], watch.Watch()
    version = core.list_namespaced_config_map("py").metadata.resource_version

    def follow():
        for event in stream.stream(core.list_namespaced_config_map, "py", resource_version=version, timeout_seconds=60):
            seen.append((event["type"], event["object"].metadata.name))
            if event["type"] == "DELETED":
                stream.stop()

    thread = threading.Thread(target=follow)
    thread.start()
    core.create_namespaced_config_map("py", client.V1ConfigMap(metadata=client.V1ObjectMeta(name="w")))
    core.patch_namespaced_config_map("w", "py", {"data": {"k": "v"}})
    core.delete_namespaced_config_map("w", "py")
    thread.join(60)
    assert seen == [("ADDED", "w"), ("MODIFIED", "w"), ("DELETED", "w")], seen


def custom_objects(api):
    extensions, custom = client.ApiextensionsV1Api(api), client.CustomObjectsApi(api)
    extensions.create_custom_resource_definition(CRD)
    stream = watch.Watch()
    for event in stream.stream(extensions.list_custom_resource_definition, timeout_seconds=60):
        conditions = event["object"].status and event["object"].status.conditions or []
        if any(one.type == "Established" and one.status == "True" for one in conditions):
            stream.stop()
    where = ("example.com", "v1", "py", "widgets")
    body = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "one"}, "spec": {"size": 1}}
    assert custom.create_namespaced_custom_object(*where, body)["metadata"]["generation"] == 1
    body["metadata"]["name"], body["spec"]["size"] = "two", 0
    assert "should be greater than or equal to 1" in refused(422, custom.create_namespaced_custom_object, *where, body)
    custom.patch_namespaced_custom_object_status(*where, "one", {"status": {"ready": True}})
    found = custom.get_namespaced_custom_object(*where, "one")
    assert found["status"] == {"ready": True} and found["metadata"]["generation"] == 1
    widgets = dynamic.DynamicClient(api).resources.get(api_version="example.com/v1", kind="Widget")
    applied = widgets.server_side_apply(
        body={"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "three"}, "spec": {"size": 3}},
        namespace="py", field_manager="python")
    assert applied.metadata.managedFields[0].operation == "Apply"
    assert [one.metadata.name for one in widgets.get(namespace="py").items] == ["one", "three"]
    widgets.delete(name="three", namespace="py")


def access(api):
    rbac, authorization = client.RbacAuthorizationV1Api(api), client.AuthorizationV1Api(api)
    rbac.create_namespaced_role("py", client.V1Role(
        metadata=client.V1ObjectMeta(name="reader"),
        rules=[client.V1PolicyRule(api_groups=[""], resources=["configmaps"], verbs=["get", "list"])]))
    rbac.create_namespaced_role_binding("py", client.V1RoleBinding(
        metadata=client.V1ObjectMeta(name="reader"),
        role_ref=client.V1RoleRef(api_group="rbac.authorization.k8s.io", kind="Role", name="reader"),
        subjects=[client.RbacV1Subject(kind="ServiceAccount", name="default", namespace="py")]))
    core = client.CoreV1Api(api)
    token = core.create_namespaced_service_account_token("default", "py", client.AuthenticationV1TokenRequest(
        spec=client.V1TokenRequestSpec(audiences=[]))).status.token
    settings = client.Configuration()
    settings.host, settings.ssl_ca_cert = api.configuration.host, api.configuration.ssl_ca_cert
    settings.api_key = {"authorization": f"Bearer {token}"}
    robot = client.CoreV1Api(client.ApiClient(settings))
    assert len(robot.list_namespaced_config_map("py").items) >= 6
    assert "system:serviceaccount:py:default" in refused(403, robot.delete_namespaced_config_map, "a", "py")
    review = client.V1SelfSubjectAccessReview(spec=client.V1SelfSubjectAccessReviewSpec(
        resource_attributes=client.V1ResourceAttributes(verb="delete", resource="configmaps", namespace="py")))
    asked = client.AuthorizationV1Api(robot.api_client).create_self_subject_access_review(review)
    assert not asked.status.allowed
    assert authorization.create_self_subject_access_review(review).status.allowed
    api.set_default_header("Impersonate-User", "dora")
    try:
        assert 'User "dora" cannot list' in refused(403, core.list_namespaced_config_map, "py")
    finally:
        del api.default_headers["Impersonate-User"]


def deletion(core):
    core.delete_collection_namespaced_config_map("py", label_selector="app=x")
    refused(404, core.read_namespaced_config_map, "a", "py")
    stream = watch.Watch()
    version = core.list_namespace().metadata.resource_version
    core.delete_namespace("py")
    for event in stream.stream(core.list_namespace, resource_version=version, timeout_seconds=60):
        if event["type"] == "DELETED" and event["object"].metadata.name == "py":
            stream.stop()
    refused(404, core.read_namespace, "py")


def main():
    api = config.new_client_from_config(sys.argv[1])
    core = client.CoreV1Api(api)
    assert client.VersionApi(api).get_code().git_version.startswith("v1.")
    typed_objects(core)
    watches(core)
    custom_objects(api)
    access(api)
    deletion(core)
    print("ok")


main()
