/* vtls_wire.h: what vtls and the process that started it tell one another.
 *
 * vtls is started as "vtls IDLE-MS" with these descriptors, and no others:
 * 0 and 1 the client's connection, 2 the log's or nobody's, 3 the plain end
 * (a stream socket), 4 a packet socket (packet.h), and as root 5, the empty
 * directory.  It asks once for a certificate, reports once how the handshake
 * ended, and then copies until both sides have said their last.
 */
#ifndef VTLS_WIRE_H
#define VTLS_WIRE_H

#include <stdint.h>

enum {
	VTLS_PLAIN	= 3,
	VTLS_PARENT	= 4,
	VTLS_ROOT	= 5,
};

/* From vtls.  Not to be believed: it reads what strangers send. */
enum vtls_word {
	VTLS_ASKS = 1,		/* which certificate, for this server name? */
	VTLS_SPEAKS,		/* the handshake is done */
	VTLS_FAILED,		/* there will be no session; it ends */
};
enum vtls_fault {
	VTLS_FAULT_CLIENT,	/* the client's, or the network's */
	VTLS_FAULT_CERTIFICATE,	/* what is in the files is wrong */
	VTLS_FAULT_KEY,
};
/* All text ends in a NUL. */
struct vtls_told {
	uint32_t	word;
	uint32_t	fault;		/* VTLS_FAILED */
	char		server_name[256];	/* "": the client gave none */
	char		protocol[16];	/* VTLS_SPEAKS: "TLSv1.3" */
	char		text[512];	/* VTLS_FAILED: why, for the log */
};

/* To vtls, as answer, twice: the certificate's file comes with the first, the
 * key's with the second.  Without a descriptor: there is none. */
struct vtls_file {
	uint32_t	is_key;
};

#endif
