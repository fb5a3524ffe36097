/* vcert.h: what vcert and who started it tell one another.
 *
 * "vcert stls|tls ADDRESS HOST" connects to port 110 or 995 of the address,
 * asks for TLS as a client of HOST, and prints lines "KEY VALUE".
 */
#ifndef VCERT_H
#define VCERT_H

#define VCERT_STLS	"stls"
#define VCERT_TLS	"tls"

/* nothing but these two when there is no TLS */
#define VCERT_FAULT	"fault"		/* why */
#define VCERT_PHASE	"phase"		/* VCERT_CONNECTION, VCERT_HANDSHAKE */
#define VCERT_CONNECTION "connection"
#define VCERT_HANDSHAKE	"handshake"

#define VCERT_PROTOCOL	"protocol"	/* "TLSv1.3" */
#define VCERT_NAMES	"names"		/* that the certificate has */
#define VCERT_MATCH	"match"		/* "yes": HOST is one of them */
#define VCERT_FROM	"from"		/* seconds since 1970 */
#define VCERT_UNTIL	"until"
#define VCERT_UNTRUSTED	"untrusted"	/* why no authority of ours signed it */

#endif
