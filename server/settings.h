/* SPDX-License-Identifier: MIT */
/*
 * The server's settings: one table in settings.c names each, with its type, bounds, default and
 * description; the parser, `taskd config` and the manual page are made from it.
 */
#pragma once

#include "common/base/error.h"
#include "common/conf/conf.h"

#include <stdbool.h>
#include <stdint.h>

struct settings {
	/* Where it serves */
	char *server;        /* host:port; "*" is every address; port 0: a free one */
	char *family;        /* "IPv4", "IPv6" or "" */
	uint64_t queue_size; /* listen backlog */
	uint64_t threads;    /* event loops; 0: one a core */
	char *pid_file;
	char *run_user,
		*run_group;  /* who it is once it listens, where it starts as root; "" stays */
	char *proxy_trusted; /* addresses and networks whose connections begin with a PROXY
			      * header; "" none */
	char *http_listen;   /* host:port of metrics and health; "" none */
	/* Certificates */
	char *ca_cert, *server_cert, *server_key, *server_ca, *server_crl;
	char *ciphers;     /* GnuTLS priority string, "" ours */
	bool tls_legacy;   /* TLS 1.0 and 1.1 and old cipher suites for old phones */
	bool tls_tickets;  /* sessions may be resumed */
	char *trust;       /* "strict" or "allow all" */
	bool cert_binding; /* a certificate opens its own user's account only */
	bool cert_renew;   /* the server renews its own certificate, and its clients' on request */
	uint64_t cert_ahead; /* how long before its end a certificate is renewed [ms] */
	uint64_t cert_life;  /* of clients' certificates [ms]; 0: up to the authority's end */
	uint64_t cert_watch; /* between two looks at the certificates' files [ms]; 0: at HUP only */
	char *client_cert, *client_key; /* for `taskd client` */
	/* Log */
	char *log;        /* file; "-" is standard output */
	char *log_format; /* "text", "json" or "journald" */
	bool ip_log, debug, verbose;
	uint64_t debug_tls;
	bool confirmation;
	/* Quotas; 0: none */
	uint64_t quota_user_bytes, quota_user_tasks, quota_user_requests; /* requests a minute */
	uint64_t quota_org_bytes, quota_org_tasks, quota_org_requests;
	/* Limits; sizes in bytes, times in milliseconds */
	uint64_t request_limit;        /* a message; 0: none */
	uint64_t header_limit;         /* a message's headers */
	uint64_t task_limit;           /* one task's JSON */
	uint64_t task_depth;           /* nested JSON */
	uint64_t task_attributes;      /* of one task */
	uint64_t value_limit;          /* one value of a task, as text */
	uint64_t request_tasks;        /* tasks in one request; 0: any number */
	uint64_t connection_limit;     /* open connections */
	uint64_t connection_address;   /* of one address; 0: any number */
	uint64_t connection_strangers; /* that haven't shown who they are */
	uint64_t handshake_rate;       /* handshakes a second of one address; 0: any number */
	uint64_t login_failures;       /* of one address, that are answered at once; 0: all */
	uint64_t login_delay; /* of the answer to the next one; doubles up to login_delay_max */
	uint64_t login_delay_max;
	char *limits_exempt;        /* addresses and networks without limits an address */
	uint64_t connection_memory; /* one message in memory, more goes to a file */
	uint64_t memory_limit;      /* all messages in memory */
	uint64_t spool_limit;       /* all messages in files */
	uint64_t storage_queue;     /* requests waiting to be stored; more are answered 302 */
	uint64_t quarantine_limit;  /* rejected lines kept for a user */
	uint64_t device_limit;      /* devices kept for a user; 0: any number */
	uint64_t wait_max;          /* longest wait granted; 0: none */
	uint64_t wait_connections;  /* that wait, of all users */
	uint64_t wait_user;         /* of one user */
	uint64_t keep_timeout;      /* silence between two requests of a connection; 0: close */
	uint64_t keep_requests;     /* of a connection */
	uint64_t timeout_handshake, timeout_header, timeout_idle, timeout_request, timeout_close,
		timeout_stop, timeout_crowded;
	/* Set by the command line, not in the file */
	char *data; /* the data directory */
};

extern const struct ts_conf_item settings_items[];
extern const size_t settings_count;
