/* SPDX-License-Identifier: MIT */
#include "server/settings.h"

#define CONF_STRUCT struct settings
#include "common/conf/items.h"

#define ADDRESS      "Address"
#define CERTIFICATES "Certificates"
#define LOGGING      "Log"
#define COMMANDS     "Commands"
#define WATCHING     "Watching"
#define QUOTAS       "Quotas"
#define LIMITS       "Limits"
#define TIMES        "Times"
#define INERT        "Accepted, without effect"

const struct ts_conf_item settings_items[] = {
	{"server", TEXT(server), .def = "", .group = ADDRESS,
	 .doc = "Where the server listens: `host:port`. The host is a name, an IPv4 address, "
		"an IPv6 address in brackets, or `*` for every address. Port 0 takes a free "
		"one. It has to be set before the server can start; the usual port is 53589."},
	{"family", CHOICE(family, "IPv4|IPv6|"), .def = "", .group = ADDRESS,
	 .doc = "Listen on IPv4 or IPv6 addresses only; empty is both."},
	{"queue.size", NUMBER(queue_size, 1, 65535), .def = "1024", .group = ADDRESS,
	 .doc = "How many connections may wait to be accepted (see listen(2))."},
	{"threads", NUMBER(threads, 0, 1024), .def = "0", .group = ADDRESS,
	 .doc = "How many threads serve connections; 0 is one for each processor core."},
	{"pid.file", TEXT(pid_file), .def = "", .group = ADDRESS,
	 .doc = "A file that holds the number of the server's process while it runs; empty is "
		"none."},
	{"run.user", TEXT(run_user), .def = "", .group = ADDRESS,
	 .doc = "The user that a server which was started as root becomes once it listens; "
		"empty is none. The data directory has to be that user's."},
	{"run.group", TEXT(run_group), .def = "", .group = ADDRESS,
	 .doc = "The group that it becomes; empty is the group of `run.user`."},
	{"proxy.trusted", TEXT(proxy_trusted), .def = "", .group = ADDRESS,
	 .doc = "Addresses and networks, such as `127.0.0.1 10.0.0.0/8 fd00::/8`, of proxies that "
		"begin each connection with a PROXY header (version 1 or 2): the client's address "
		"is "
		"taken from it. A connection from there without one is refused, and one from "
		"elsewhere is never asked. Empty is none."},

	{"ca.cert", TEXT(ca_cert), .def = "", .group = CERTIFICATES,
	 .doc = "A file with the certificates, in PEM, of the authority that clients' "
		"certificates must come from. `taskd client` believes a server by it."},
	{"server.cert", TEXT(server_cert), .def = "", .group = CERTIFICATES,
	 .doc = "A file with the server's certificate in PEM, those of its issuers behind it."},
	{"server.key", TEXT(server_key), .def = "", .group = CERTIFICATES,
	 .doc = "A file with the key of `server.cert` in PEM."},
	{"server.ca", TEXT(server_ca), .def = "", .group = CERTIFICATES,
	 .doc = "A file with the certificates, in PEM, of the authority that clients believe the "
		"server by, where that is not the one of `ca.cert`: bundles hold it. Empty, with "
		"a `server.cert` of another authority, is one that every system knows."},
	{"server.crl", TEXT(server_crl), .def = "", .group = CERTIFICATES,
	 .doc = "A file with a revocation list in PEM: the clients whose certificates are on "
		"it are refused. Empty is none."},
	{"trust", CHOICE(trust, "strict|allow all"), .def = "strict", .group = CERTIFICATES,
	 .doc = "With `strict` a client must show a certificate that is in order; with `allow "
		"all` its organization, user and key are enough."},
	{"ciphers", TEXT(ciphers), .def = "", .group = CERTIFICATES,
	 .doc = "A priority string of GnuTLS. Empty is TLS 1.2 and 1.3 with the cipher suites "
		"of today."},
	{"tls.legacy", SWITCH(tls_legacy), .def = "off", .group = CERTIFICATES,
	 .doc = "Also speak TLS 1.0 and 1.1, with the cipher suites that old phones have. It "
		"has no effect where `ciphers` is set."},
	{"tls.tickets", SWITCH(tls_tickets), .def = "on", .group = CERTIFICATES,
	 .doc = "Whether clients may resume an earlier TLS session, which spares both ends most of "
		"the handshake's work. Their certificates are checked all the same. A restart of "
		"the server ends what could be resumed."},
	{"cert.binding", SWITCH(cert_binding), .def = "off", .group = CERTIFICATES,
	 .doc = "With `on` a client certificate opens only the account of the user that it was "
		"made "
		"for. With `off`, as with Taskserver, every certificate of the authority opens "
		"every "
		"account whose key the client knows. `taskd user bind` decides for one user. "
		"`taskd "
		"setup` switches it on."},
	{"cert.renew", SWITCH(cert_renew), .def = "on", .group = CERTIFICATES,
	 .doc = "Whether the server renews its own certificate before it ends, and the "
		"certificates of "
		"clients that ask for it, as taskc does. It needs the key of the authority, "
		"which lies beside `ca.cert`; without it nothing is renewed."},
	{"cert.ahead", SPAN(cert_ahead), .def = "30d", .group = CERTIFICATES,
	 .doc = "How long before its end a certificate is renewed."},
	{"cert.life", SPAN(cert_life), .def = "0", .group = CERTIFICATES,
	 .doc = "How long the certificates of clients are good for; 0 is up to the end of the "
		"authority's "
		"own. `--days` of `taskd user bundle` decides for one."},
	{"cert.watch", PAUSE(cert_watch), .def = "1m", .group = CERTIFICATES,
	 .doc = "How often the server looks whether the files of its certificates have changed, "
		"and "
		"takes what is new; no connection is dropped. With 0 it looks at a HUP signal "
		"only."},
	{"client.cert", TEXT(client_cert), .def = "", .group = CERTIFICATES,
	 .doc = "A file with the certificate that `taskd client` shows, in PEM."},
	{"client.key", TEXT(client_key), .def = "", .group = CERTIFICATES,
	 .doc = "A file with the key of `client.cert` in PEM."},

	{"log", TEXT(log), .def = "-", .group = LOGGING,
	 .doc = "The file that the server's log is appended to; `-` or empty is standard "
		"output. It is opened again at a HUP signal."},
	{"log.format", CHOICE(log_format, "text|json|journald"), .def = "text", .group = LOGGING,
	 .doc = "How the log is written: `text` is a line an event, `time level event key=value "
		"…`; "
		"`json` is a JSON object a line; `journald` sends the fields to the journal "
		"of systemd, and `log` is not used."},
	{"ip.log", SWITCH(ip_log), .def = "on", .group = LOGGING,
	 .doc = "Whether the log holds the clients' addresses."},
	{"verbose", SWITCH(verbose), .def = "on", .group = LOGGING,
	 .doc = "Whether the log holds a line for each request. With `off` it holds what went "
		"wrong."},
	{"debug", SWITCH(debug), .def = "off", .group = LOGGING,
	 .doc = "Whether the log holds what helps to find a fault as well: a line for each "
		"request even if `verbose` is off, each connection that ended without one, and "
		"what `debug.tls` asks for."},
	{"debug.tls", NUMBER(debug_tls, 0, 9), .def = "0", .group = LOGGING,
	 .doc = "How much GnuTLS tells the log while `debug` is on, 0 to 9. At the upper end it "
		"tells secrets."},

	{"http.listen", TEXT(http_listen), .def = "", .group = WATCHING,
	 .doc = "Where metrics for Prometheus (`/metrics`) and the health of the server "
		"(`/healthz`) are "
		"told over HTTP: `host:port`, or a port alone, which is one of 127.0.0.1. It asks "
		"nobody who they are, so keep it from strangers. Empty is nowhere."},

	{"confirmation", SWITCH(confirmation), .def = "on", .group = COMMANDS,
	 .doc = "Whether `taskd config` and `taskd remove` ask before they change or remove "
		"what is there. They ask at a terminal only, and not with `--force`."},

	{"quota.user.bytes", BYTES(quota_user_bytes, 0, 1024 * 1024 * G), .def = "0",
	 .group = QUOTAS,
	 .doc = "How much a user may store, history included; 0 is no limit. What would go beyond "
		"is "
		"answered with 504 and a sentence. `taskd user quota` decides for one user."},
	{"quota.user.tasks", NUMBER(quota_user_tasks, 0, 1000000000), .def = "0", .group = QUOTAS,
	 .doc = "How many tasks a user may store, done and deleted ones included; 0 is no limit."},
	{"quota.user.requests", NUMBER(quota_user_requests, 0, 1000000000), .def = "0",
	 .group = QUOTAS,
	 .doc = "How many requests a minute a user's devices may make together; more are answered "
		"with "
		"420 and a sentence. 0 is no limit."},
	{"quota.org.bytes", BYTES(quota_org_bytes, 0, 1024 * 1024 * G), .def = "0", .group = QUOTAS,
	 .doc = "How much all users of an organization may store together; 0 is no limit. `taskd "
		"org "
		"quota` decides for one organization."},
	{"quota.org.tasks", NUMBER(quota_org_tasks, 0, 1000000000), .def = "0", .group = QUOTAS,
	 .doc = "How many tasks all users of an organization may store together; 0 is no limit."},
	{"quota.org.requests", NUMBER(quota_org_requests, 0, 1000000000), .def = "0",
	 .group = QUOTAS,
	 .doc = "How many requests a minute all users of an organization may make together; 0 is "
		"no "
		"limit."},

	{"request.limit", BYTES(request_limit, 0, 4 * G), .def = "64M", .group = LIMITS,
	 .doc = "The size of the largest request; a larger one is answered with 504. 0 is no "
		"limit but that of the protocol, 4 GiB."},
	{"header.limit", BYTES(header_limit, 256, M), .def = "16K", .group = LIMITS,
	 .doc = "The size of the headers of a request."},
	{"task.limit", BYTES(task_limit, K, G), .def = "1M", .group = LIMITS,
	 .doc = "The size of one task. A larger one goes to the quarantine; the others of its "
		"request are stored."},
	{"request.tasks", NUMBER(request_tasks, 0, 1000000000), .def = "5000000", .group = LIMITS,
	 .doc = "How many tasks one request may bring; more are answered with 504. 0 is no limit."},
	{"value.limit", BYTES(value_limit, K, G), .def = "512K", .group = LIMITS,
	 .doc = "The size of one value of a task, such as its description. A task with a larger "
		"one goes "
		"to the quarantine."},
	{"task.depth", NUMBER(task_depth, 4, 1000), .def = "64", .group = LIMITS,
	 .doc = "How deep the values of a task may be nested."},
	{"task.attributes", NUMBER(task_attributes, 16, 10000000), .def = "100000", .group = LIMITS,
	 .doc = "How many attributes, tags and annotations a task may have."},
	{"connection.limit", NUMBER(connection_limit, 1, 1000000), .def = "10000", .group = LIMITS,
	 .doc = "How many connections may be open at a time; more wait to be accepted."},
	{"connection.address", NUMBER(connection_address, 0, 1000000), .def = "1000",
	 .group = LIMITS,
	 .doc = "How many connections one address may hold open at a time, those that wait for "
		"news "
		"included; more are closed. An IPv6 network of 64 bits is one address. 0 is no "
		"limit."},
	{"connection.strangers", NUMBER(connection_strangers, 1, 1000000), .def = "2000",
	 .group = LIMITS,
	 .doc = "How many connections may be open at a time that haven't shown who they are; "
		"beyond that "
		"the oldest one makes room if it had `timeout.crowded` for it."},
	{"handshake.rate", NUMBER(handshake_rate, 0, 1000000), .def = "100", .group = LIMITS,
	 .doc = "How many connections a second one address may begin, three times as many at once; "
		"more "
		"are closed. 0 is no limit."},
	{"login.failures", NUMBER(login_failures, 0, 1000000), .def = "5", .group = LIMITS,
	 .doc = "How many requests with wrong credentials from one address, with less than ten "
		"minutes between them, are answered at once; the next ones wait for "
		"`login.delay`. 0 is all."},
	{"login.delay", PAUSE(login_delay), .def = "1s", .group = LIMITS,
	 .doc = "How long the answer to a request with wrong credentials waits, from the one "
		"behind "
		"`login.failures` on; each further one waits twice as long as the one before it."},
	{"login.delay.max", PAUSE(login_delay_max), .def = "30s", .group = LIMITS,
	 .doc = "The longest such wait."},
	{"limits.exempt", TEXT(limits_exempt), .def = "127.0.0.0/8 ::1", .group = LIMITS,
	 .doc = "Addresses and networks that the limits of one address don't hold for."},
	{"connection.memory", BYTES(connection_memory, 4 * K, G), .def = "256K", .group = LIMITS,
	 .doc = "How much of one request is held in memory; what is beyond goes to a "
		"temporary file in the data directory."},
	{"memory.limit", BYTES(memory_limit, M, 1024 * G), .def = "256M", .group = LIMITS,
	 .doc = "How much of all requests and answers together is held in memory."},
	{"spool.limit", BYTES(spool_limit, 0, 1024 * 1024 * G), .def = "4G", .group = LIMITS,
	 .doc = "How much of all requests and answers together is held in temporary files; beyond "
		"that they are answered with 302, which asks the client to try again. 0: no "
		"limit."},
	{"storage.queue", NUMBER(storage_queue, 1, 1000000), .def = "4096", .group = LIMITS,
	 .doc = "How many requests may wait to be stored; more are answered with 302, which "
		"asks the client to try again."},
	{"quarantine.limit", NUMBER(quarantine_limit, 0, 1000000), .def = "1000", .group = LIMITS,
	 .doc = "How many lines that could not be read as tasks are kept for a user; the "
		"oldest go first. `taskd quarantine` shows them."},
	{"device.limit", NUMBER(device_limit, 0, 1000000), .def = "200", .group = LIMITS,
	 .doc = "How many devices a user gets by coming with them, where trust is 'allow all'. "
		"Beyond that a new one takes the place of the program without a certificate that "
		"was seen longest ago; where there is none it is served, but `taskd device` "
		"doesn't know it. 0 is no limit."},

	{"wait.connections", NUMBER(wait_connections, 0, 1000000), .def = "20000", .group = LIMITS,
	 .doc = "How many clients may wait for news at a time; more are answered with 302, which "
		"asks them to try again. Those who wait don't count for `connection.limit`; they "
		"get at most half of the file descriptors that the system grants for "
		"connections."},
	{"wait.user", NUMBER(wait_user, 1, 1000000), .def = "100", .group = LIMITS,
	 .doc = "How many clients of one user may wait for news at a time; never more than half of "
		"all that may."},
	{"keep.requests", NUMBER(keep_requests, 1, 1000000000), .def = "1000", .group = LIMITS,
	 .doc = "How many requests a client may send over one connection, if it asks for that."},

	{"wait.max", PAUSE(wait_max), .def = "15m", .group = TIMES,
	 .doc = "The longest time that a client may wait for news. With 0 nobody may wait: clients "
		"ask now and then instead."},
	{"keep.timeout", PAUSE(keep_timeout), .def = "1m", .group = TIMES,
	 .doc = "How long a connection stays open for another request of a client that asked for "
		"that. With 0 each connection ends behind its answer."},
	{"timeout.handshake", TIME(timeout_handshake), .def = "15s", .group = TIMES,
	 .doc = "How long a client may take to agree on TLS."},
	{"timeout.header", TIME(timeout_header), .def = "30s", .group = TIMES,
	 .doc = "How long a client may take to send the headers of its request."},
	{"timeout.idle", TIME(timeout_idle), .def = "1m", .group = TIMES,
	 .doc = "How long a client may send, or take, nothing at all while it sends the rest "
		"of its request or takes its answer."},
	{"timeout.request", TIME(timeout_request), .def = "1h", .group = TIMES,
	 .doc = "How long a request may take from its first byte to the last one of its "
		"answer."},
	{"timeout.close", TIME(timeout_close), .def = "5s", .group = TIMES,
	 .doc = "How long a client may take to close the connection behind its answer."},
	{"timeout.crowded", TIME(timeout_crowded), .def = "2s", .group = TIMES,
	 .doc = "While connection.limit is reached, a connection that hasn't shown who it is "
		"within "
		"this time makes room for the next one."},
	{"timeout.stop", TIME(timeout_stop), .def = "30s", .group = TIMES,
	 .doc = "How long a server that was told to stop goes on with what it has begun."},

	{"extensions", IGNORED, .def = "", .group = INERT,
	 .doc = "In Taskserver, a directory of scripts, none of which ever existed."},
	{"dh_bits", IGNORED, .def = "", .group = INERT,
	 .doc = "In Taskserver, the size of Diffie-Hellman parameters. GnuTLS chooses them by "
		"itself now; `ciphers` decides which key exchanges there are."},
	{"client.allow", IGNORED, .def = "", .group = INERT,
	 .doc = "In Taskserver before 1.1.0, which programs may connect. What a program says "
		"of itself proves nothing, so every one may."},
	{"client.deny", IGNORED, .def = "", .group = INERT,
	 .doc = "In Taskserver before 1.1.0, which programs may not connect; see "
		"`client.allow`."},
	{"root", IGNORED, .def = "", .group = INERT,
	 .doc = "In Taskserver, the data directory. It is named by `--data` or `$TASKDDATA` "
		"here."},
};

const size_t settings_count = TS_COUNT_OF(settings_items);
