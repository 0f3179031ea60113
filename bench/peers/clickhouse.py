"""ClickHouse in this process (PyPI `chdb`): two tables, in order of owners and of data; sums and extremes merge.

clickhouse.py DIR INPUT...: loads the inputs (RowBinary) and asks a share of DIR/../questions.
"""

import os
import resource
import shutil
import struct
import sys
import time

from chdb import session

COLUMNS = "rev String, rrtype UInt16, bailiwick UInt8, rdata String, by String, source UInt8, first UInt32, last UInt32, count UInt64"
VALUES = "first SimpleAggregateFunction(min, UInt32), last SimpleAggregateFunction(max, UInt32), count SimpleAggregateFunction(sum, UInt64)"
KEYS = "rev String, rrtype UInt16, bailiwick UInt8, rdata String, by String, source UInt8"
ORDERS = {"forward": "rev, rrtype, bailiwick, rdata, source", "inverse": "by, rrtype, rev, bailiwick, rdata, source"}
SHARE = {"E": 2000, "M": 2000, "A": 1000, "W": 500, "N": 500, "T": 200}
NAMES = {"E": "exact name", "M": "name not there", "A": "address", "W": "left wildcard", "N": "/24", "T": "*.target"}


def literal(octets):
    return "unhex('" + octets.hex() + "')"


def reversed_name(wire):
    labels, at = [], 0
    while wire[at]:
        labels.append(wire[at : at + 1 + wire[at]])
        at += 1 + wire[at]
    return b"".join(reversed(labels))


def after(prefix):
    """The first octets behind all that begin so."""
    end = prefix.rstrip(b"\xff")
    return end[:-1] + bytes([end[-1] + 1])


def query(kind, asked):
    result = "SELECT rev, rrtype, rdata, min(first), max(last), sum(count) FROM %s WHERE %s GROUP BY rev, rrtype, rdata LIMIT 10000"
    if kind in "EM":
        return result % ("s.forward", "rev = " + literal(reversed_name(asked)))
    if kind == "A":
        return result % ("s.inverse", "by = %s AND rrtype = 1" % literal(asked))
    prefix = asked if kind == "N" else reversed_name(asked)
    column = "rev" if kind == "W" else "by"
    where = "%s >= %s AND %s < %s" % (column, literal(prefix), column, literal(after(prefix)))
    return result % ("s.forward" if kind == "W" else "s.inverse", where + (" AND rrtype = 1" if kind == "N" else ""))


def questions(path):
    asked = {}
    with open(path, "rb") as file:
        while head := file.read(3):
            kind, length = chr(head[0]), struct.unpack(">H", head[1:])[0]
            asked.setdefault(kind, []).append(file.read(length))
    return asked


def main():
    directory, inputs = sys.argv[1], sys.argv[2:]
    shutil.rmtree(directory, ignore_errors=True)
    db = session.Session(directory)
    db.query("SET max_threads = 2")
    db.query("CREATE DATABASE s ENGINE = Atomic")
    for table, order in ORDERS.items():
        db.query(f"CREATE TABLE s.{table} ({KEYS}, {VALUES}) ENGINE = AggregatingMergeTree ORDER BY ({order}) SETTINGS index_granularity = 1024, allow_dimensions_outside_sorting_key = 1")
    db.query("CREATE MATERIALIZED VIEW s.both TO s.inverse AS SELECT * FROM s.forward")
    for path in inputs:
        began, used = time.time(), time.process_time()
        db.query(f"INSERT INTO s.forward SELECT * FROM file('{os.path.abspath(path)}', RowBinary, '{COLUMNS}')")
        seconds, used = time.time() - began, time.process_time() - used
        rows = int(str(db.query(f"SELECT count() FROM file('{os.path.abspath(path)}', RowBinary, '{COLUMNS}')")).strip())
        print(f"load, {os.path.basename(path)}: {rows} observations, {rows / seconds:.0f}/s ({seconds:.1f} s, {used:.1f} CPU-s)", flush=True)
    began = time.time()
    for table in ORDERS:
        db.query(f"OPTIMIZE TABLE s.{table} FINAL")
    print(f"full merge: {time.time() - began:.1f} s")
    print("size:", str(db.query("SELECT sum(bytes_on_disk), sum(rows) FROM system.parts WHERE database = 's' AND active")).strip(), "octets, rows")
    for kind, asked in questions(os.path.join(directory, "..", "questions")).items():
        asked = asked[: SHARE[kind]]
        for one in asked[:200]:
            db.query(query(kind, one), "TabSeparated")
        times, rows = [], 0
        for one in asked:
            began = time.perf_counter()
            answer = db.query(query(kind, one), "TabSeparated").bytes()
            times.append((time.perf_counter() - began) * 1e6)
            rows += answer.count(b"\n")
        times.sort()
        print(f"{NAMES[kind]}: p50 {times[len(times) // 2]:.0f} us, p99 {times[len(times) * 99 // 100]:.0f} us, {rows * 1e6 / sum(times):.0f} rows/s ({len(asked)} asked, {rows} rows)", flush=True)
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")


main()
