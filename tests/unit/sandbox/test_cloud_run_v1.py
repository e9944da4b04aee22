# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""v1 is a view of v2: what goes there comes back, and selectors and conditions read as Knative's do."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netra_sandbox.discovery import schemas
from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.services.cloud_run import names, rollout, template
from netra_sandbox.services.cloud_run.v1 import conditions, requests, services, services_view, templates

LOCATION = "projects/netra-staging/locations/us-central1"
WORD = st.from_regex(r"[a-z][a-z0-9]{2,8}", fullmatch=True)
SECRET = st.one_of(WORD, WORD.map("projects/123/secrets/{}".format))


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


VARIABLE = st.one_of(
    st.fixed_dictionaries({"name": WORD, "value": WORD}),
    st.builds(
        lambda name, secret, version: {
            "name": name,
            "valueSource": {"secretKeyRef": {"secret": secret, "version": version}},
        },
        WORD,
        SECRET,
        st.sampled_from(["latest", "1"]),
    ),
)
PROBE = st.fixed_dictionaries({"periodSeconds": st.integers(1, 9), "tcpSocket": st.just({"port": 8080})})
CONTAINER = st.fixed_dictionaries(
    {"image": WORD},
    optional={
        "command": st.lists(WORD, min_size=1),
        "args": st.lists(WORD, min_size=1),
        "env": st.lists(VARIABLE, min_size=1, max_size=3),
        "startupProbe": PROBE,
        "livenessProbe": st.just({"httpGet": {"path": "/up", "port": 8080}}),
        "ports": st.just([{"containerPort": 3000, "name": "h2c"}]),
        "resources": st.fixed_dictionaries({}, optional={"cpuIdle": st.just(True), "startupCpuBoost": st.just(True)}),
    },
)
SQL = {"name": "cloudsql", "cloudSqlInstance": {"instances": ["p:r:one", "p:r:two"]}}
VOLUME = st.sampled_from(
    [
        {"name": "space", "emptyDir": {"medium": "MEMORY", "sizeLimit": "1Gi"}},
        {"name": "bucket", "gcs": {"bucket": "b", "readOnly": True, "mountOptions": ["a", "b"]}},
        {"name": "share", "nfs": {"server": "10.0.0.1", "path": "/x"}},
        {"name": "secret", "secret": {"secret": "s", "items": [{"version": "1", "path": "p"}]}},
    ]
)
TEMPLATE = st.fixed_dictionaries(
    {"containers": st.lists(CONTAINER, min_size=1, max_size=1)},
    optional={
        "revision": WORD,
        "labels": st.dictionaries(WORD, WORD, min_size=1),
        "annotations": st.dictionaries(WORD, WORD, min_size=1),
        "scaling": optional(minInstanceCount=st.integers(1, 5), maxInstanceCount=st.integers(5, 9)),
        "vpcAccess": st.one_of(
            st.just({"connector": f"{LOCATION}/connectors/c", "egress": "ALL_TRAFFIC"}),
            st.just({"networkInterfaces": [{"network": "n", "subnetwork": "s"}], "egress": "PRIVATE_RANGES_ONLY"}),
        ),
        "timeout": st.sampled_from(["1s", "300s", "3600s"]),
        "serviceAccount": WORD,
        "volumes": st.lists(VOLUME, min_size=1, max_size=2, unique_by=str),
        "executionEnvironment": st.sampled_from(["EXECUTION_ENVIRONMENT_GEN1", "EXECUTION_ENVIRONMENT_GEN2"]),
        "sessionAffinity": st.just(True),
        "healthCheckDisabled": st.just(True),
        "maxInstanceRequestConcurrency": st.integers(1, 1000),
        "encryptionKey": WORD,
    },
)


def normalised(found: dict[str, Any]) -> dict[str, Any]:
    return template.normalised(found, project_number="123")


@settings(max_examples=60, deadline=None)
@given(TEMPLATE)
def test_a_template_comes_back_from_v1_as_it_went(found: dict[str, Any]) -> None:
    stored = normalised(found)
    assert normalised(templates.revision_to_v2(templates.revision_to_v1(stored), LOCATION)) == stored


@given(
    st.fixed_dictionaries(
        {"ingress": st.sampled_from(sorted(services_view.INGRESSES.values()))},
        optional={
            "description": WORD,
            "labels": st.dictionaries(WORD, WORD, min_size=1),
            "annotations": st.dictionaries(WORD, WORD, min_size=1),
            "invokerIamDisabled": st.just(True),
            "defaultUriDisabled": st.just(True),
            "customAudiences": st.lists(WORD, min_size=1),
            "scaling": st.just({"scalingMode": "MANUAL", "manualInstanceCount": 3}),
            "launchStage": st.just("BETA"),
        },
    ),
    st.lists(
        st.one_of(
            st.just({"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}),
            WORD.map(lambda name: {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", "revision": name, "tag": name}),
        ),
        min_size=1,
    ),
)
def test_a_service_comes_back_from_v1_as_it_went(fields: dict[str, Any], traffic: list[dict[str, Any]]) -> None:
    wanted = {**fields, "template": normalised({"containers": [{"image": "i"}]}), "traffic": traffic}
    shown = services_view.service_to_v1(stored_service(wanted), "123")
    back = services_view.service_to_v2(shown, LOCATION)
    assert {**back, "template": normalised(back["template"])} == wanted


def stored_service(fields: dict[str, Any]) -> dict[str, Any]:
    time = "2026-01-01T00:00:00.000000Z"
    ready = {"type": "Ready", "state": "CONDITION_SUCCEEDED", "lastTransitionTime": time}
    return {
        "name": f"{LOCATION}/services/s",
        **dict.fromkeys(("uid", "creator", "lastModifier", "uri"), "x"),
        **{"etag": '"e"', "urls": [], "createTime": time, "conditions": [], "terminalCondition": ready},
        **{"generation": "2", "observedGeneration": "2"},
        **fields,
    }


def test_a_template_that_v1_shows_as_it_was_stays_as_it_is() -> None:
    mounted = {"image": "i", "volumeMounts": [{"name": "sql", "mountPath": "/elsewhere"}]}
    kept = normalised({"containers": [mounted], "volumes": [{**SQL, "name": "sql"}], "serviceMesh": {"mesh": "m"}})
    current = stored_service(
        {
            "ingress": "INGRESS_TRAFFIC_ALL",
            "template": kept,
            "traffic": [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}],
        }
    )
    sent = services_view.service_to_v2(services_view.service_to_v1(current, "123"), LOCATION)
    assert services.replaced(current, sent)["template"] == kept


def test_a_failure_is_observed_in_v1_and_what_is_served_in_v2() -> None:
    failed = stored_service(
        {"ingress": "INGRESS_TRAFFIC_ALL", "template": {}, "traffic": [], "observedGeneration": "1"}
    )
    failed["observedGeneration"] = "1"
    assert services_view.service_to_v1(failed, "123")["status"]["observedGeneration"] == 2
    pending = failed | {"reconciling": True}
    assert services_view.service_to_v1(pending, "123")["status"]["observedGeneration"] == 1


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        ("run.googleapis.com/ingress", "sometimes"),
        ("run.googleapis.com/minScale", "many"),
        ("run.googleapis.com/invoker-iam-disabled", "perhaps"),
        ("run.googleapis.com/custom-audiences", "["),
        ("run.googleapis.com/unheard-of", "x"),
    ],
)
def test_an_annotation_that_means_nothing_is_refused(annotation: str, value: str) -> None:
    with pytest.raises(ApiError) as refused:
        services_view.service_to_v2({"metadata": {"annotations": {annotation: value}}}, LOCATION)
    assert refused.value.details[0]["fieldViolations"][0]["field"] == f"metadata.annotations[{annotation}]"


@pytest.mark.parametrize(
    ("expression", "chosen"),
    [
        ("", ["a", "b", "c"]),
        ("serving.knative.dev/service = a", ["a"]),
        ("serving.knative.dev/service=a", ["a"]),
        ("serving.knative.dev/service != a", ["b", "c"]),
        ("serving.knative.dev/service in (a, c)", ["a", "c"]),
        ("serving.knative.dev/service in (a,c),serving.knative.dev/service!=c", ["a"]),
    ],
)
def test_a_selector_chooses_by_labels(expression: str, chosen: list[str]) -> None:
    matches = requests.selector(expression)
    assert [name for name in "abc" if matches({"serving.knative.dev/service": name})] == chosen


def test_a_selector_that_is_none_is_refused() -> None:
    with pytest.raises(ApiError, match="labelSelector"):
        requests.selector("what is this")


@pytest.mark.parametrize(
    ("of_v2", "of_v1"),
    [
        ("CreateServiceRequest.service.template.containers[1].ports", "spec.template.spec.containers[1].ports"),
        ("UpdateServiceRequest.service.template.timeout", "spec.template.spec.timeoutSeconds"),
        ("UpdateServiceRequest.service.traffic[0].tag", "spec.traffic[0].tag"),
        ("CreateServiceRequest.service_id", "metadata.name"),
    ],
)
def test_a_refusal_names_the_field_of_v1(of_v2: str, of_v1: str) -> None:
    assert requests.field_of_v1(f"Violation in {of_v2}") == of_v1


def test_conditions_are_true_false_or_unknown() -> None:
    condition = {
        **{"type": "ContainerHealthy", "state": "CONDITION_FAILED", "lastTransitionTime": "t", "severity": "INFO"},
        "revisionReason": "HEALTH_CHECK_CONTAINER_ERROR",
    }
    shown = conditions.to_v1(condition)
    assert (shown["status"], shown["reason"], shown["severity"]) == ("False", "HealthCheckContainerError", "Info")
    assert conditions.to_v1(condition | {"state": "CONDITION_RECONCILING"})["status"] == "Unknown"


def test_generated_names_say_their_number() -> None:
    assert names.revision_number(names.generated_revision("api", 7)) == 7


def test_the_oldest_revisions_that_nothing_reaches_are_surplus() -> None:
    revisions = [{"name": f"s/revisions/r{number}", "createTime": f"2026-01-0{number}"} for number in range(1, 6)]
    surplus = rollout.surplus_revisions(reversed(revisions), {"r1"}, limit=3)
    assert surplus == ["s/revisions/r2", "s/revisions/r3"]
    assert rollout.surplus_revisions(revisions, {"r1"}, limit=5) == []
    assert "s/revisions/r5" not in rollout.surplus_revisions(revisions, set(), limit=0)


@pytest.mark.parametrize(
    ("mask", "unknown"),
    [
        ("template.containers,labels", []),
        ("labels.team", []),
        ("template.vpc_access.egress", []),
        ("*", []),
        ("template.replicas,nothing", ["template.replicas", "nothing"]),
        ("template.containers.image", ["template.containers.image"]),
    ],
)
def test_a_mask_leads_to_fields_of_the_schema(mask: str, unknown: list[str]) -> None:
    assert schemas.unknown_paths(schemas.of("run", "v2"), "GoogleCloudRunV2Service", mask) == unknown
