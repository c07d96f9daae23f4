"""Every bad request is told what is wrong with it, by column and row, and the service goes on answering."""

from __future__ import annotations

import http.client
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from served_toy import Project, Service, row

if TYPE_CHECKING:
    from collections.abc import Iterator

MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Return a service whose model is good."""
    folder = tmp_path_factory.mktemp("requests")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder))
        project = Project.make(folder / "project")
        project.deploy(project.release("good"))
        with Service(project.folder) as running:
            yield running


def tensors(**changes: Any) -> dict[str, Any]:
    """Return an inference request of two rows, with *changes* to its tensors: name → what differs."""
    columns = {
        "carrier": ("BYTES", ["UA", "DL"]),
        "wind": ("FP64", [3, 4.5]),
        "hour": ("INT64", [8, 9]),
        "tail": ("BYTES", ["N1", "N2"]),
    }
    whole = {
        name: {"name": name, "datatype": datatype, "shape": [2], "data": data}
        for name, (datatype, data) in columns.items()
    }
    return {
        "inputs": [
            {**tensor, **changes.get(name, {})} for name, tensor in whole.items() if changes.get(name, {}) is not None
        ]
    }


def body(text: str) -> bytes:
    """Return a request of one record, written by hand."""
    return b'{"records": [' + text.encode() + b"]}"


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        (b"", "The body is empty"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 5000, "not JSON"),
        (b"[]", "The body is a list, and must be an object with `records`."),
        (b'{"record": []}', "holds no `records`, but `record`"),
        (b'{"records": []}', "`records` is empty"),
        (b'{"records": {}}', "`records` is an object, and must be a list"),
        (b'{"records": null}', "`records` is null, and must be a list"),
        (b'{"records": [[1, 2]]}', "Record 0 is no object"),
        ({"records": [row()], "more": 1}, "holds `more` beside `records`"),
        ({"records": [row(), row(winds=3)]}, r"Record 1 holds the unknown column `winds`. Did you mean `wind`\?"),
        ({"records": [{"carrier": "UA", "wind": 3, "tail": None}]}, "`hour` is missing from record 0"),
        ({"records": [row(), row(wind="3")]}, "`wind` holds text at row 1, and must be a number"),
        ({"records": [row(wind=True)]}, "`wind` holds a boolean at row 0, and must be a number"),
        ({"records": [row(wind=[3])]}, "`wind` holds a list at row 0"),
        ({"records": [row(wind={})]}, "`wind` holds an object at row 0"),
        ({"records": [row(hour=8.5)]}, "`hour` holds 8.5 at row 0, and must be an integer"),
        ({"records": [row(hour=1e300)]}, "`hour` holds 1e.300 at row 0, and must be an integer"),
        ({"records": [row(carrier=7)]}, "`carrier` holds a number at row 0, and must be text"),
        ({"records": [row(flight=["a"])]}, "`flight` of row 0 is no key"),
        ({"records": [row(flight="a" * 300)]}, "`flight` of row 0 is no key"),
        (body('{"carrier": "UA", "wind": NaN, "hour": 8, "tail": null}'), "NaN and Infinity are no JSON"),
        (body('{"carrier": "UA", "wind": -Infinity, "hour": 8, "tail": null}'), "NaN and Infinity are no JSON"),
        (body('{"carrier": "UA", "wind": 1e999, "hour": 8, "tail": null}'), "not JSON"),
        (body('{"carrier": "\\ud800", "wind": 1, "hour": 8, "tail": null}'), "not JSON"),
    ],
)
def test_a_bad_record_is_told_why(service: Service, sent: Any, says: str) -> None:
    """`POST /predict` answers 400, and names the column and the row."""
    status, answer = service.ask("POST", "/predict", sent)

    assert status == 400
    assert re.search(says, answer["error"]), answer
    assert answer["remedy"]
    assert service.predict(row())[0] == 200


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({}, "holds no `inputs`"),
        ({"inputs": [3]}, "no tensor with a name"),
        (tensors(wind={"shape": [3]}), r"`wind` has the shape \[3\] and 2 values"),
        (tensors(wind={"shape": [1, 2]}), r"`wind` has the shape \[1, 2\]"),
        (tensors(wind={"shape": "2"}), "`wind` has the shape 2"),
        (tensors(wind={"shape": [0], "data": []}), r"`wind` has the shape \[0\]"),
        (tensors(wind={"shape": [3], "data": [1, 2, 3]}), "differ in length: `carrier` 2, `wind` 3"),
        (tensors(wind={"datatype": "BYTES"}), "`wind` has the datatype BYTES, and must be FP64"),
        (tensors(wind={"datatype": "FP63"}), "`wind` has the datatype 'FP63'"),
        (tensors(wind={"datatype": ["FP64"]}), "`wind` has the datatype"),
        (tensors(hour={"datatype": "FP32"}), "`hour` has the datatype FP32, and must be INT64"),
        (tensors(wind={"data": [1, "2"]}), "`wind` holds text at row 1, and must be a number"),
        (tensors(wind={"data": "2"}), "`wind` has no list of data"),
        (tensors(wind={"name": "winds"}), r"unknown column `winds`. Did you mean `wind`\?"),
        (tensors(wind={"name": "hour"}), "`hour` stands twice"),
        (tensors(wind=None), "column `wind` is missing from the request"),
        ({**tensors(), "outputs": [{"name": "score"}]}, "no output `score`"),
        ({**tensors(), "outputs": 3}, "no output"),
        ({**tensors(), "id": 3}, "`id` is no text"),
        (json.dumps(tensors()).replace("4.5", "NaN").encode(), "NaN and Infinity are no JSON"),
    ],
)
def test_a_bad_tensor_is_told_why(service: Service, sent: Any, says: str) -> None:
    """The Open Inference Protocol's route answers 400 too, and names the tensor."""
    status, answer = service.ask("POST", "/v2/models/delay/infer", sent)

    assert status == 400
    assert re.search(says, answer["error"]), answer
    assert service.ask("POST", "/v2/models/delay/infer", tensors())[0] == 200


def memory(process: int) -> int:
    """Return the bytes a process holds."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_body_of_100_mb_is_refused_and_never_held(service: Service, *, chunked: bool) -> None:
    """It is answered 413, its sender hears it though it sends everything first, and no memory is taken for it."""
    before = memory(service.process.pid)
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
    pieces = (b" " * MEGABYTE for _ in range(100))
    headers = {} if chunked else {"content-length": str(100 * MEGABYTE)}
    connection.request("POST", "/predict", pieces, headers, encode_chunked=chunked)
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()

    assert response.status == 413
    assert "larger than 16 MiB" in answer["error"]
    assert (
        memory(service.process.pid) - before < 80 * MEGABYTE
    )  # of the 100 sent, no more than the 16 that are allowed are ever kept
    assert service.predict(row())[0] == 200


def test_a_large_body_within_the_limit_is_answered(service: Service) -> None:
    """A hundred thousand rows at once are one batch, and answered in their order."""
    records = [row(flight=f"F{number}") for number in range(60_000)]
    status, answer = service.predict(*records)

    assert status == 200
    assert [one["flight"] for one in answer["predictions"]] == [one["flight"] for one in records]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/predict", 405),
        ("DELETE", "/v2", 405),
        ("GET", "/nowhere", 404),
        ("GET", "/v2/models/other", 404),
        ("POST", "/v2/models/other/infer", 404),
        ("GET", "/v2/models/delay/versions/v9.9.9", 404),
    ],
)
def test_a_wrong_address_is_told_what_there_is(service: Service, method: str, path: str, status: int) -> None:
    """Every status has a body that says what to do."""
    found, answer = service.ask(method, path, b"{}" if method == "POST" else None)

    assert found == status
    assert answer["remedy"]


@pytest.mark.parametrize(
    "path", ["/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/delay", "/v2/models/delay/versions/v1.0.0/ready"]
)
def test_what_there_is_describes_itself(service: Service, path: str) -> None:
    """Server, model and version answer for themselves."""
    assert service.ask("GET", path)[0] == 200


def test_metadata_names_every_column_with_its_type(service: Service) -> None:
    """A client of the Open Inference Protocol learns what to send."""
    _, answer = service.ask("GET", "/v2/models/delay")

    assert answer["versions"] == ["v1.0.0"]
    assert {one["name"]: one["datatype"] for one in answer["inputs"]} == {
        "carrier": "BYTES",
        "wind": "FP64",
        "hour": "INT64",
        "tail": "BYTES",
    }
    assert answer["outputs"][0] == {"name": "probability", "datatype": "FP64", "shape": [-1]}


def test_an_inference_answers_tensors(service: Service) -> None:
    """Outputs come as tensors, with the guard's verdict beside them, unless only some are asked for."""
    asked = {**tensors(wind={"shape": [2, 1], "data": [[3], [120]]}), "id": "mine"}
    _, whole = service.ask("POST", "/v2/models/delay/versions/v1.0.0/infer", asked)
    _, part = service.ask("POST", "/v2/models/delay/infer", {**asked, "outputs": [{"name": "probability"}]})
    said = {one["name"]: one["data"] for one in whole["outputs"]}

    assert (whole["model_name"], whole["model_version"], whole["id"]) == ("delay", "v1.0.0", "mine")
    assert said["probability"] == [0.5, 0.5]
    assert said["verdict"] == ["in_scope", "flagged"]
    assert said["reasons"] == ["", "wind is 120 mph, above 90"]
    assert [one["name"] for one in part["outputs"]] == ["probability"]
    assert part["parameters"] == {"out_of_scope": 1}


def test_a_row_carries_its_key_or_is_given_one(service: Service) -> None:
    """What was predicted can be found again, whoever named it."""
    _, answer = service.predict(row(flight="UA 12"), row(id="mine"), row())
    first, second, third = answer["predictions"]

    assert first["flight"] == "UA 12"
    assert second["id"] == "mine"
    assert len(third["id"]) == 16


def test_the_service_counts_what_it_does(service: Service) -> None:
    """Prometheus reads requests, verdicts and latencies."""
    service.predict(row(wind=120))
    status, text = service.ask("GET", "/metrics")

    assert status == 200
    assert 'roadworthy_predictions_total{version="v1.0.0",verdict="flagged"}' in text
    assert 'roadworthy_version_info{version="v1.0.0"} 1' in text
    assert 'roadworthy_prediction_seconds_bucket{le="+Inf"}' in text
