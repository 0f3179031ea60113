"""dnsdb2 and pypdns at a server: python.py HOST PORT ACCOUNT TOKEN TOKEN-OF-AN-OUTSIDER. Each question is printed
before what came of it."""

import json
import socket
import sys
import threading

import dnsdb2
import pypdns

HOST, PORT, ACCOUNT, TOKEN, OUTSIDER = sys.argv[1], int(sys.argv[2]), *sys.argv[3:]


def show(title, ask):
    """Prints a question and its answer, or the name of the exception that it ended in."""
    print(f"$ {title}")
    try:
        answer = ask()
        for row in answer if hasattr(answer, "__iter__") and not isinstance(answer, dict) else [answer]:
            print(json.dumps(row, sort_keys=True))
    except Exception as error:  # whatever a client raises is what is looked at
        words = str(error).replace(TOKEN, "TOKEN").split("\n")[0]
        print(f"! {type(error).__name__}: {words if isinstance(error, dnsdb2.QueryLimited) else ''}".rstrip(": "))


class Cut(threading.Thread):
    """Passes one connection on and closes it after so many octets of the answer."""

    def __init__(self, octets):
        super().__init__(daemon=True)
        self.octets, self.listener = octets, socket.create_server((HOST, 0))
        self.url = "http://%s:%d" % self.listener.getsockname()
        self.start()

    def run(self):
        client, _ = self.listener.accept()
        with client, socket.create_connection((HOST, PORT)) as server:
            server.sendall(client.recv(65536))
            left = self.octets
            while left > 0 and (piece := server.recv(left)):
                client.sendall(piece)
                left -= len(piece)


def dnsdb(key=TOKEN, server=f"http://{HOST}:{PORT}"):
    return dnsdb2.Client(key, server=server)


client = dnsdb()
print("$ ping", client.ping())
show("rate_limit", client.rate_limit)
show("rrset", lambda: client.lookup_rrset("www.widgets.example"))
show("rrset A, humantime", lambda: client.lookup_rrset("www.widgets.example", rrtype="A", humantime=True))
show("rrset bailiwick", lambda: client.lookup_rrset("widgets.example", bailiwick="example"))
show("rrset left", lambda: client.lookup_rrset("*.gadgets.test"))
show("rrset right", lambda: client.lookup_rrset("www.gadgets.*"))
show("rrset not aggregated", lambda: client.lookup_rrset("gadgets.test", aggr=False))
show("rdata name", lambda: client.lookup_rdata_name("*.hosting.example", rrtype="NS"))
show("rdata ip range", lambda: client.lookup_rdata_ip("192.0.2.7-192.0.2.8"))
show("rdata ip 6", lambda: client.lookup_rdata_ip("2001:db8::/32"))
show("rdata raw", lambda: client.lookup_rdata_raw("c0000207"))
show("summarize rrset", lambda: client.summarize_rrset("*.widgets.example"))
show("summarize ip", lambda: client.summarize_rdata_ip("192.0.2.0/24", max_count=20))
show("summarize ip, not limited", lambda: client.summarize_rdata_ip("192.0.2.0/24"))
show("regex rrnames", lambda: client.flex_rrnames_regex(r"^(www|mail)\.w.*\.example\.$"))
show("regex rrnames, exclude", lambda: client.flex_rrnames_regex(r"gadgets", exclude=r"^www", verbose=False))
show("glob rrnames", lambda: client.flex_rrnames_glob("*.gadgets.test.", rrtype="TXT"))
show("regex rdata", lambda: client.flex_rdata_regex(r"v=spf1", rrtype="TXT"))
show("glob rdata", lambda: client.flex_rdata_glob("ns?.hosting.example."))
show("regex that is none", lambda: client.flex_rrnames_regex("("))
show("limited", lambda: client.lookup_rrset("*.widgets.example", limit=1))
show("limited, ignored", lambda: client.lookup_rrset("*.widgets.example", limit=1, offset=1, ignore_limited=True))
show("offset too far", lambda: client.lookup_rrset("widgets.example", offset=4_000_000))
show("fenced", lambda: client.lookup_rrset("*.widgets.example", time_first_after=1_704_000_000))
show("fenced, relative", lambda: client.lookup_rrset("*.widgets.example", time_last_after=-3600))
show("nothing", lambda: client.lookup_rrset("nothing.example"))
show("wrong key", lambda: dnsdb("wrong").lookup_rrset("widgets.example"))
show("an outsider", lambda: dnsdb(OUTSIDER).lookup_rrset("secret.widgets.example"))
show("cut off", lambda: dnsdb(server=Cut(1000).url).lookup_rrset("*.widgets.example"))

base = f"http://{HOST}:{PORT}/pdns/query"
cof = pypdns.PyPDNS(url=base, basic_auth=(ACCOUNT, TOKEN))
raw = lambda records: [record.raw for record in records]
show("pypdns", lambda: raw(cof.rfc_query("www.widgets.example")))
show("pypdns typed", lambda: raw(cof.rfc_query("www.widgets.example", filter_rrtype="AAAA")))
show("pypdns address", lambda: raw(cof.rfc_query("192.0.2.7")))
show("pypdns zone times", lambda: raw(cof.rfc_query("gizmos.test")))
show("pypdns pages", lambda: [len(list(cof.iter_query("*.many.test"))), len({r.rrname for r in cof.iter_query("*.many.test")})])
show("pypdns nothing", lambda: raw(cof.rfc_query("nothing.example")))
show("pypdns wrong key", lambda: raw(pypdns.PyPDNS(url=base, basic_auth=(ACCOUNT, "wrong")).rfc_query("widgets.example")))
show("pypdns wrong name", lambda: raw(pypdns.PyPDNS(url=base, basic_auth=("other", TOKEN)).rfc_query("widgets.example")))
