"""`warchronicle export` from a catalog, a re-run, a run's folder, files and a pipe, into every format."""

from __future__ import annotations

import csv
import gzip
import io
import json
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from pipelines.cli.app import run
from pipelines.errors import ExitCode
from pipelines.export.columns import COLUMNS
from pipelines.export.csv import unguarded
from pipelines.rerun import layout
from tests import archives, synthetic

ROOT = Path(__file__).parents[2]
ROWS = 60


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return archives.make(tmp_path_factory.mktemp("archive") / "archive")


@pytest.fixture(scope="module")
def rows_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    path.write_bytes(b"".join(synthetic.line(number) + b"\n" for number in range(ROWS)))
    return path


@pytest.fixture
def call(capsysbinary):
    def call(*arguments: object):
        code = run(["export", *map(str, arguments)])
        out, err = capsysbinary.readouterr()
        return code, out.decode(), err.decode()

    return call


def rerun(folder: Path, *parts: range, complete: bool = True) -> Path:
    """The folder of a re-run of several WARCs."""
    for name, numbers in zip("ab", parts, strict=True):
        with layout.whole(layout.rows_path(folder, name)) as file, gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
            packed.writelines(synthetic.line(number) + b"\n" for number in numbers)
        with layout.whole(layout.mark_path(folder, name)) as file:
            file.write(layout.dump({"part": name, "rows": len(numbers)}))
    with layout.whole(folder / layout.RUN) as file:
        file.write(layout.dump({"kind": "rerun", "rows": sum(map(len, parts)), "complete": complete}))
    return folder


def program(*arguments: object, **options) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "pipelines", "export", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, cwd=ROOT, timeout=60, check=False, **options)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# -- sources ------------------------------------------------------------------------------------------------------


def test_every_source_of_the_same_rows_gives_the_same_bytes(call, rows_file, tmp_path):
    packed = tmp_path / "rows.jsonl.gz"
    packed.write_bytes(gzip.compress(rows_file.read_bytes()))
    again = rerun(tmp_path / "rerun", range(25), range(25, ROWS))
    for form in ("jsonl", "csv", "parquet"):
        outputs = []
        for number, source in enumerate((rows_file, packed, again)):
            target = tmp_path / f"{number}.{form}"
            assert call(source, "--format", form, "--all", "-o", target)[:2] == (ExitCode.OK, "")
            outputs.append(target.read_bytes())
        assert outputs[0] == outputs[1] == outputs[2]
    assert (tmp_path / "0.jsonl").read_bytes() == rows_file.read_bytes()
    piped = program("-", "--format", "csv", "--all", input=rows_file.read_bytes())
    assert piped.stdout == (tmp_path / "0.csv").read_bytes()


def test_an_archive_and_the_folder_of_its_run_give_the_same_articles(call, made):
    from_catalog = call(made, "--format", "jsonl")[1]
    assert call(made / "runs/run-1", "--format", "jsonl")[1] == from_catalog
    assert len(from_catalog.splitlines()) == 3
    code, out, err = call(made / "runs/run-1", "--format", "jsonl", "--all")
    assert (code, out) == (ExitCode.PARTIAL, from_catalog)
    assert "only articles are here; name the archive, with --run run-1" in err


def test_a_re_run_that_is_not_complete_says_so(call, tmp_path):
    folder = rerun(tmp_path / "rerun", range(5), range(5, 8), complete=False)
    code, out, err = call(folder, "--format", "jsonl", "--all")
    assert (code, len(out.splitlines())) == (ExitCode.PARTIAL, 8)
    assert "not complete; 2 parts of it are" in err
    (folder / layout.RUN).unlink()
    layout.mark_path(folder, "b").unlink()
    code, out, err = call(folder, "--format", "jsonl", "--all", "--json")
    assert (code, len(out.splitlines()), json.loads(err)["complete"]) == (ExitCode.PARTIAL, 5, False)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"id": "x"}\n', "row 1: no row of an article"),
        (b"[1]\n", "row 1: no row of an article"),
        (synthetic.line(1) + b"\n{\n", "row 2: no JSON"),
        (b"<html>", "row 1: no JSON"),
        (gzip.compress(synthetic.line(1) * 50)[:-20], "can't be read"),
        (synthetic.line(1).replace(b'"removed":1', b'"removed":"one"') + b"\n", "removed: expected int64, found 'one'"),
    ],
)
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_what_is_no_file_of_rows_leaves_nothing_behind(call, tmp_path, content, said, form):
    source = tmp_path / "rows"
    source.write_bytes(content)
    code, _, err = call(source, "--format", form, "--all", "-o", tmp_path / f"out.{form}")
    assert code == ExitCode.INPUT
    assert said in err
    assert list(tmp_path.iterdir()) == [source]


def test_a_source_that_is_not_there(call, tmp_path):
    assert call(tmp_path / "gone", "--format", "csv")[0] == ExitCode.INPUT
    code, _, err = call(tmp_path, "--format", "csv")
    assert (code, "holds no catalog.sqlite" in err) == (ExitCode.INPUT, True)
    (tmp_path / "rows").write_bytes(b"")
    assert "--run is for archives" in call(tmp_path / "rows", "--format", "csv", "--run", "r")[2]


# -- formats ------------------------------------------------------------------------------------------------------


def test_the_text_of_an_archive_is_that_of_its_own_folder(call, made, tmp_path):
    code, out, err = call(made, "--format", "text", "-o", tmp_path / "texts")
    assert (code, out) == (ExitCode.OK, "")
    assert "3 rows" in err
    assert tree(tmp_path / "texts") == tree(made / "text")
    facts = json.loads(call(made, "--format", "text", "--all", "-o", tmp_path / "all", "--json")[2])
    assert (facts["rows"], facts["without_text"]) == (7, 3)
    (more,) = tree(tmp_path / "all").keys() - tree(made / "text").keys()
    assert more.startswith("2022/09/10/news.test/page-4-")  # no_text: a page of one word


def test_extract_reads_exported_texts_back(call, made, tmp_path, capsysbinary):
    assert call(made, "--format", "text", "--with-head", "-o", tmp_path / "texts")[0] == ExitCode.OK
    exported = [json.loads(line) for line in call(made, "--format", "jsonl")[1].splitlines()]
    assert run(["extract", "--text", str(tmp_path / "texts")]) == ExitCode.OK
    again = [json.loads(line) for line in capsysbinary.readouterr().out.splitlines()]
    for row, back in zip(sorted(exported, key=lambda row: row["url"]), again, strict=True):
        assert (back["title"], back["published"], back["canonical_url"]) == (row["title"], row["published"], row["url"])
        assert back["text"] == row["text"]


def test_csv_and_parquet_say_the_same(call, rows_file, tmp_path):
    for form in ("csv", "parquet"):
        assert call(rows_file, "--format", form, "--all", "-o", tmp_path / f"rows.{form}")[0] == ExitCode.OK
    with (tmp_path / "rows.csv").open(newline="") as file:
        cells = list(csv.DictReader(file))
    table = pq.read_table(tmp_path / "rows.parquet").to_pylist()
    assert list(cells[0]) == [column.name for column in COLUMNS if column.flat]
    assert [unguarded(row["text"]) for row in cells] == [row["text"] for row in table]
    assert [row["words"] for row in cells] == [str(row["words"]) for row in table]
    with duckdb.connect() as database:
        differing = database.execute(
            f"SELECT count(*) FROM '{tmp_path}/rows.csv' c JOIN '{tmp_path}/rows.parquet' p USING (id)"
            " WHERE c.published_day IS DISTINCT FROM p.published_day OR c.warc_offset <> p.warc_offset"
            " OR c.title IS DISTINCT FROM p.title OR c.host <> p.host OR c.text_sha256 IS DISTINCT FROM p.text_sha256"
        ).fetchone()
    assert differing == (0,)


def test_a_name_in_gz_is_compressed_the_same_way_each_time(call, rows_file, tmp_path):
    for form in ("jsonl", "csv"):
        targets = [tmp_path / f"{name}.{form}.gz" for name in "ab"]
        for target in targets:
            assert call(rows_file, "--format", form, "--all", "-o", target)[0] == ExitCode.OK
        plain = call(rows_file, "--format", form, "--all")[1].encode()
        assert gzip.decompress(targets[0].read_bytes()) == plain
        assert targets[0].read_bytes() == targets[1].read_bytes()


def test_what_is_chosen_is_what_is_written(call, rows_file, tmp_path):
    code, out, _ = call(rows_file, "--format", "csv", "--columns", "url, id,words")
    head, *body = csv.reader(io.StringIO(out, newline=""))
    assert (code, head) == (ExitCode.OK, ["url", "id", "words"])
    assert len(body) == sum(number % 7 != 6 for number in range(ROWS))
    names = "id,blocks,text_sha256"
    assert call(rows_file, "--format", "parquet", "--columns", names, "-o", tmp_path / "x")[0] == ExitCode.OK
    assert pq.read_schema(tmp_path / "x").names == names.split(",")
    assert call(rows_file, "--format", "csv", "--excel")[1].startswith("\ufeffid,url,")


def test_formulas_are_text_unless_raw_is_asked_for(call, made):
    (guarded,) = (line for line in call(made, "--format", "csv")[1].splitlines() if "HYPERLINK" in line)
    assert '"\'=HYPERLINK(""http://x"") 1"' in guarded
    assert ',"=HYPERLINK(""http://x"") 1"' in call(made, "--format", "csv", "--raw")[1]


# -- selection ----------------------------------------------------------------------------------------------------


def test_rows_by_outcome_host_and_day(call, rows_file):
    rows = [synthetic.row(number) for number in range(ROWS)]
    articles = [row for row in rows if row["outcome"] == "article"]

    def exported(*options) -> tuple[list[str], dict]:
        code, out, err = call(rows_file, "--format", "jsonl", "--json", *options)
        assert code == ExitCode.OK
        return [json.loads(line)["id"] for line in out.splitlines()], json.loads(err)

    def ids(chosen) -> list[str]:
        return [row["id"] for row in chosen]

    assert exported()[0] == ids(articles)
    assert exported("--all")[0] == exported("--outcome", "all")[0] == ids(rows)
    assert exported("--outcome", "http_4xx")[0] == ids(row for row in rows if row["outcome"] == "http_4xx")
    assert exported("--outcome", "http_4xx", "--outcome", "article")[0] == ids(rows)
    here, facts = exported("--host", "Example.org", "--host", "kyiv.example.com")
    assert here == ids(row for row in articles if "news.example.org" in row["url"] or "kyiv" in row["url"])
    assert facts["left_out"] == {"host": len(articles) - len(here), "day": 0, "undated": 0}
    dated, facts = exported("--since", "2022-09-09", "--until", "2022-09-09")
    assert dated == ids(row for row in articles if (row["published"] or "").startswith("2022-09-09"))
    undated = sum(row["published"] is None for row in articles)
    assert dated
    assert facts["left_out"] == {"host": 0, "day": len(articles) - len(dated) - undated, "undated": undated}
    assert exported("--since", "2022-09-10", "--until", "2022-09-10", "--date", "captured")[0] == ids(articles)
    assert exported("--since", "2022-09-11", "--date", "found")[0] == []


def test_the_summary_counts_and_warns(call, rows_file, tmp_path):
    _, out, err = call(rows_file, "--format", "csv", "--since", "2022-09-01", "-o", tmp_path / "x.csv")
    assert out == ""
    assert err.splitlines()[0] == f"39 rows -> {tmp_path / 'x.csv'}"
    assert "13 rows were left out because they have no date of that kind" in err
    newer = tmp_path / "newer.jsonl"
    newer.write_bytes(synthetic.line(0)[:-1] + b',"mood":"grim"}\n')
    assert "no column holds mood" in call(newer, "--format", "csv")[2]
    facts = json.loads(call(newer, "--format", "parquet", "--json", "-o", tmp_path / "x.parquet")[2])
    assert facts["keys_without_column"] == ["mood"]
    assert "mood" not in call(newer, "--format", "jsonl")[2]
    long = tmp_path / "long.jsonl"
    long.write_bytes(synthetic.line(0, paragraphs=200) + b"\n")
    assert "1 cells have more than 32,767 characters" in call(long, "--format", "csv", "--excel")[2]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--format", "text"], "--format text needs -o"),
        (["--format", "parquet", "-o", "-"], "--format parquet needs -o"),
        (["--format", "jsonl", "--excel"], "for --format csv"),
        (["--format", "parquet", "-o", "x", "--raw"], "for --format csv"),
        (["--format", "csv", "--with-head"], "for --format text"),
        (["--format", "jsonl", "--columns", "id"], "for --format csv and parquet"),
        (["--format", "csv", "--columns", "id,blocks"], "blocks is no cell of a table"),
        (["--format", "csv", "--columns", "id,nothing"], "no column 'nothing'; known: id, url"),
        (["--format", "csv", "--outcome", "artikel"], "no outcome 'artikel'; known: all, article"),
        (["--format", "csv", "--host", "https://example.org/"], "is no host"),
        (["--format", "csv", "--since", "yesterday"], "does not match the format"),
        (["--format", "csv", "--date", "modified"], "'published', 'captured', 'found'"),
    ],
)
def test_options_that_do_not_go_together(call, rows_file, options, said):
    code, out, err = call(rows_file, *options)
    assert (code, out) == (ExitCode.USAGE, "")
    assert said in " ".join(err.split())


# -- whole or not at all ------------------------------------------------------------------------------------------


def limit_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet", "text"])
def test_a_disk_that_refuses_leaves_what_was_there(rows_file, tmp_path, form):
    target = tmp_path / "out"
    source = rows_file
    if form == "text":  # one that is longer than a file may be
        source = tmp_path / "long.jsonl"
        source.write_bytes(synthetic.line(0, paragraphs=200) + b"\n")
    else:
        target.write_text("of yesterday")
    before = tree(tmp_path)
    done = program(source, "--format", form, "-o", target, preexec_fn=limit_files)
    assert done.returncode == ExitCode.STORAGE, done.stderr
    assert b"can't be written (File too large)" in done.stderr
    assert b"Traceback" not in done.stderr
    assert tree(tmp_path) == before


@pytest.mark.parametrize("form", ["csv", "parquet", "text"])
def test_an_export_that_is_stopped_leaves_nothing(rows_file, tmp_path, form):
    command = [sys.executable, "-m", "pipelines", "export", "-", "--format", form, "-o", str(tmp_path / "out")]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdin.write(rows_file.read_bytes())
        process.stdin.flush()
        while not list(tmp_path.iterdir()):
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
    assert process.returncode == ExitCode.INTERRUPTED, err
    assert b"interrupted" in err
    assert list(tmp_path.iterdir()) == []


def test_texts_are_not_mixed_with_others(call, made, tmp_path):
    shutil.copytree(made / "text", tmp_path / "texts")
    code, _, err = call(made, "--format", "text", "-o", tmp_path / "texts")
    assert (code, "not an empty folder; name another" in err) == (ExitCode.STORAGE, True)
    assert list(tmp_path.iterdir()) == [tmp_path / "texts"]


# -- pyarrow is an extra ------------------------------------------------------------------------------------------


def test_without_pyarrow_parquet_names_the_extra_and_the_rest_works(made, tmp_path):
    code = "import sys; sys.modules['pyarrow'] = None; from pipelines.cli.app import main; main(sys.argv[1:])"

    def without(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code, "export", str(made), *map(str, arguments)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    refused = without("--format", "parquet", "-o", tmp_path / "x.parquet")
    assert refused.returncode == ExitCode.INPUT
    assert refused.stderr.splitlines() == [
        "error: Parquet needs pyarrow, which is not installed: pip install 'warchronicle[parquet]'"
    ]
    assert list(tmp_path.iterdir()) == []
    assert without("--format", "csv").returncode == ExitCode.OK
    assert without("--format", "text", "-o", tmp_path / "texts").returncode == ExitCode.OK
