"""asyncwhois and python-whois over the answers and stated values that `spoor bench whois --stated` wrote down."""

import datetime
import json
import signal
import subprocess
import sys
import time
from collections import defaultdict

SECONDS_A_RECORD = 3


def lines_of(path):
    if path.endswith(".zst"):
        text = subprocess.run(["zstd", "-dcq", path], check=True, capture_output=True).stdout.decode()
    else:
        text = open(path, encoding="utf-8").read()
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def asyncwhois_parser():
    from asyncwhois.parse_tld import DomainParser

    def parse(sample):
        top = (sample.get("zone") or "").rsplit(".", 1)[-1]
        return DomainParser().parse(sample["raw"], top)

    return parse


def python_whois_parser():
    from whois.parser import WhoisEntry

    def parse(sample):
        return dict(WhoisEntry.load(sample.get("domain") or f"example.{sample.get('zone')}", sample["raw"]))

    return parse


def values(result):
    """All values of a result, flat."""
    if isinstance(result, dict):
        for value in result.values():
            yield from values(value)
    elif isinstance(result, (list, tuple, set)):
        for value in result:
            yield from values(value)
    elif result is not None:
        yield result


def letters(text):
    return "".join(c for c in str(text).lower() if c.isalnum())


def day_of(value):
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    try:
        return datetime.date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def is_registered(result):
    """Whether anything is returned that only a registration has."""
    words = ("name_server", "created", "creation", "expir", "updated", "registrar")
    return any(any(word in str(key).lower() for word in words) and list(values(value)) for key, value in result.items())


def is_read(field, stated, result):
    found = list(values(result))
    if field == "state":
        return (stated in ("registered", "redemption")) == is_registered(result)
    if field in ("created", "updated", "expires"):
        day = day_of(stated)
        return any(other is not None and abs((other - day).days) <= 1 for other in map(day_of, found))
    folded = [letters(value) for value in found]
    if field == "name servers":
        return all(any(letters(host) in value for value in folded) for host in stated.split())
    stated = letters(stated.replace("[at]", "@").replace(" ", ""))
    return any(stated in value for value in folded)


def too_slow(*_):
    raise TimeoutError


def run(name, parse, samples, stated):
    scores = defaultdict(lambda: [[0, 0], [0, 0]])
    failed, began = 0, time.process_time()
    signal.signal(signal.SIGALRM, too_slow)
    results = {}
    for sample in samples:
        signal.alarm(SECONDS_A_RECORD)
        try:
            results[sample["id"]] = parse(sample) or {}
        except Exception:  # what a parser raises for "not found" is an answer too: nothing was read
            results[sample["id"]] = {}
            failed += 1
        signal.alarm(0)
    seconds = time.process_time() - began
    for one in stated:
        score = scores[one["field"]][one["set_aside"]]
        score[1] += 1
        score[0] += is_read(one["field"], one["stated"], results[one["id"]])
    print(f"\n{name}, lenient reading: {len(samples)} answers in {seconds:.1f} s of CPU, {failed} raised an error")
    print(f"{'field':30}{'tuned zones':>12}{'%':>7}   {'set aside':>12}{'%':>7}")
    for field, parts in scores.items():
        cells = [f"{f'{right}/{all_}':>12}{100 * right / max(all_, 1):>7.1f}" for right, all_ in parts]
        print(f"{field:30}{cells[0]}   {cells[1]}")


def main():
    samples, stated = map(lines_of, sys.argv[1:3])
    stated = [one for one in stated if one["field"] != "withheld"]
    run("asyncwhois", asyncwhois_parser(), samples, stated)
    run("python-whois", python_whois_parser(), samples, stated)


if __name__ == "__main__":
    main()
