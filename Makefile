# What there is: two library floors, the programs on top of them, the tests.
VERSION  = 0.1
PREFIX  ?= /usr/local
OUT     ?= out
CC      ?= cc
CFLAGS  ?= -O2 -g
PROGRAMS = vdeliver vlmtpd vpop3d vadmin checkvdomain testalldomain
HELPERS  = vidn vdigest vpam vtls vremember vcert
LIBS_vpop3d = -lcrypt -lxxhash
LIBS_vadmin = -lcrypt -lidn2 -lpwquality -lresolv -lmd -lxxhash
LIBS_checkvdomain = -lresolv
LIBS_testalldomain = -lresolv
LIBS_vidn   = -lidn2
LIBS_vdigest = -lmd
LIBS_vpam   = -lpam
LIBS_vremember = -lgdbm -lseccomp
LIBS_vtls   = -lssl -lcrypto
LIBS_vcert  = -lssl -lcrypto

WARN     = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	   -Wwrite-strings -Wformat=2 -Wvla -Wundef -Wcast-qual
SECTIONS = -ffunction-sections -fdata-sections	# what nobody calls is left out
HARDEN   = -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
OWN      = -std=c17 -D_GNU_SOURCE -MMD -MP $(WARN) $(STRICT) $(HARDEN) $(SECTIONS) \
	   -DVERSION='"$(VERSION)"'
LINK     = -pie -Wl,-z,relro,-z,now -Wl,--as-needed -Wl,--gc-sections

# STATIC=1: vdeliver, which every message starts, static and with musl.
ifeq ($(STATIC),1)
HOT      = $(OUT)/musl
HOT_CC   = musl-gcc
HOT_LINK = -static -no-pie -Wl,--gc-sections
else
HOT      = $(OUT)
HOT_CC   = $(CC)
HOT_LINK = $(LINK)
endif

# What is made of what.  Each floor sees itself and what lies below it only.
base     = $(wildcard lib/base/*.c)
mail     = $(wildcard lib/mail/*.c)
cold     = $(filter %host.c %maildrop.c %uids.c %copy_uids.c %uids_read.c %mbox_entries.c %mbox_scan.c %mbox_scanner.c %mbox_check.c %mbox_cache.c %mbox_cache_file.c %mbox_reading.c %mbox_proof.c %mbox_update.c %mbox_old.c %maildir_again.c %maildir_scan.c %maildir_told.c %maildir_uid.c %password.c %selectors.c %dns.c %dns_answer.c %named_conf.c %named_token.c %index_keep.c %user_files.c %user_lines.c %line_edit.c %splice.c %textblock.c %ulabel.c %/files.c %attributes.c,$(base) $(mail))	# what vdeliver never calls
objects  = $(patsubst %.c,$(1)/obj/%.o,$(2))
all:: $(PROGRAMS:%=$(OUT)/bin/%) $(HELPERS:%=$(OUT)/bin/%)

$(foreach d,$(sort $(OUT) $(HOT)),$(eval $(d)/libbase.a: $(call objects,$(d),$(if $(filter $(OUT),$(d)),$(base),$(filter-out $(cold),$(base))))) \
	$(eval $(d)/libmail.a: $(call objects,$(d),$(if $(filter $(OUT),$(d)),$(mail),$(filter-out $(cold),$(mail))))))
lmtp     = $(wildcard vdeliver/lmtp_*.c)		# what of vdeliver/ is vlmtpd's alone
once     = vdeliver/main.c vdeliver/request.c		# and vdeliver's
$(OUT)/bin/vdeliver: $(call objects,$(HOT),$(filter-out $(lmtp),$(wildcard vdeliver/*.c))) $(HOT)/libmail.a $(HOT)/libbase.a
	@mkdir -p $(@D)
	$(HOT_CC) $(CFLAGS) $(SAN) $(HOT_LINK) $(LDFLAGS) -o $@ $^
$(OUT)/bin/vlmtpd: $(call objects,$(OUT),$(filter-out $(once),$(wildcard vdeliver/*.c))) $(OUT)/libmail.a $(OUT)/libbase.a
$(OUT)/bin/vpop3d: $(call objects,$(OUT),$(wildcard vpop3d/*.c)) $(OUT)/libmail.a $(OUT)/libbase.a
$(OUT)/bin/vadmin: $(call objects,$(OUT),$(wildcard vadmin/*.c vadmin/*/*.c vadmin/ops/*/*.c)) $(OUT)/libmail.a $(OUT)/libbase.a
vadmin_dirs = $(addprefix -iquote ,vadmin vadmin/face vadmin/rights vadmin/files vadmin/import vadmin/journal vadmin/outside vadmin/outside/tls)	# whose headers all of it may see
ops_dirs = $(patsubst %,-iquote %,$(wildcard vadmin/ops vadmin/ops/*/))	# and its operations alone
outside  = $(wildcard vadmin/outside/*.c)		# a domain as the world finds it
$(OUT)/bin/checkvdomain $(OUT)/bin/testalldomain: $(OUT)/bin/%: $(OUT)/obj/vadmin/outside/main/%.o $(call objects,$(OUT),vadmin/outside/main/options.c $(addprefix vadmin/face/,output.c sheet.c clean.c columns.c json.c) $(outside)) $(OUT)/libmail.a $(OUT)/libbase.a
$(OUT)/bin/vcert: $(call objects,$(OUT),vadmin/outside/tls/vcert.c) $(OUT)/libbase.a
$(OUT)/bin/vidn: $(call objects,$(OUT),lib/mail/idn/vidn.c) $(OUT)/libbase.a
$(OUT)/bin/vremember: $(call objects,$(OUT),$(wildcard vdeliver/answer/*.c)) $(OUT)/libbase.a
$(OUT)/bin/vdigest: $(call objects,$(OUT),vdeliver/digest/vdigest.c) $(OUT)/libmail.a $(OUT)/libbase.a
$(OUT)/bin/vpam: $(call objects,$(OUT),vpop3d/pam/vpam.c) $(OUT)/libbase.a
$(OUT)/bin/vtls: $(call objects,$(OUT),$(wildcard vpop3d/tls/*.c)) $(OUT)/libbase.a

# Tests.  A unit test is linked with its floor alone; tests/check says what "everything" is.
units    = $(patsubst tests/unit/%.c,$(OUT)/tests/%,$(wildcard tests/unit/*/*_test.c))
unit     = $(call objects,$(OUT),tests/unit/unit.c tests/unit/fault.c)
conduct  = $(OUT)/tests/pam_conduct.so
bench    = $(patsubst bench/%.c,$(OUT)/bench/%,$(wildcard bench/*.c))
fuzzers  = $(patsubst tests/fuzz/%.c,$(OUT)/targets/%,$(wildcard tests/fuzz/*_fuzz.c))
musl     = $(shell command -v musl-gcc)
faults   = $(shell sed -n 's/^WRAP.*, \([a-z0-9_]*\), (.*)/\1/p' tests/unit/fault.c)
$(OUT)/tests/base/%: $(OUT)/obj/tests/unit/base/%.o $(unit) $(OUT)/libbase.a
	$(link_unit)
$(OUT)/tests/mail/%: $(OUT)/obj/tests/unit/mail/%.o $(OUT)/obj/tests/unit/mail/box.o $(unit) $(OUT)/libmail.a $(OUT)/libbase.a
	$(link_unit)
check: ; tests/check
deps:  ; tests/deps
lint:  ; tests/lint
test: all units			# T=WORD...: only the files with WORD in their path
	OUT=$(OUT) tests/run $(T)
units: $(units) $(conduct) $(bench)		# all that tests need besides the programs
unit: units
	OUT=$(OUT) tests/run $(or $(T),$(OUT)/tests)
asan:
	$(MAKE) OUT=out/asan out/asan/obj/tests/asan.o
	$(MAKE) OUT=out/asan CFLAGS='-O1 -g1' test \
	    LDFLAGS='$(LDFLAGS) out/asan/obj/tests/asan.o -static-libasan -static-libubsan' \
	    SAN='-fsanitize=address,undefined -fno-sanitize-recover=all -U_FORTIFY_SOURCE'
fuzz: fuzzers				# FUZZ_SECONDS=240 of each; T=WORD...: only some
	tests/fuzz/run $(T)
fuzzers:
	$(MAKE) OUT=out/fuzz CC=clang CFLAGS='-O1 -g1' targets \
	    SAN='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -U_FORTIFY_SOURCE'
targets: $(fuzzers)
demo: all				# KEEP=1: what it made stays
	VMAIL_BIN=$(abspath $(OUT))/bin tests/demo $(if $(KEEP),--keep)
fault: all			# T=WORD...: only the parts with WORD in their name
	VMAIL_BIN=$(abspath $(OUT)/bin) tests/fault/run $(T)
powercut: all			# VMAIL_CUTS=200 of each; T=WORD...: only some
	VMAIL_BIN=$(abspath $(OUT)/bin) tests/power/run $(T)
bench: all $(bench)			# BENCH=--short: a few deliveries only
	$(if $(musl),$(MAKE) -s OUT=$(OUT)/static STATIC=1 $(OUT)/static/bin/vdeliver $(OUT)/static/bench/floor $(OUT)/static/bench/empty)
	bench/run $(BENCH) $(OUT) $(if $(musl),$(OUT)/static)
	bench/lmtp $(BENCH) $(OUT)
	bench/pop $(BENCH) $(OUT)
	bench/lookup $(BENCH) $(OUT) $(if $(musl),$(OUT)/static)
install: all
	etc-templates/install '$(DESTDIR)' '$(PREFIX)' '$(OUT)'

# How.
$(OUT)/bin/%:
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SAN) $(LINK) $(LDFLAGS) -o $@ $^ $(LIBS_$*)
$(OUT)/bench/%: bench/%.c
	@mkdir -p $(@D)
	$(HOT_CC) $(CPPFLAGS) $(OWN) $(SAN) $(CFLAGS) $(HOT_LINK) -o $@ $< $(LDFLAGS)
$(conduct): tests/box/pam_conduct.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(OWN) $(CFLAGS) -fPIC -shared -o $@ $<
$(OUT)/targets/%: $(OUT)/obj/tests/fuzz/%.o $(OUT)/obj/tests/fuzz/fuzz.o $(OUT)/libmail.a $(OUT)/libbase.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SAN) -fsanitize=fuzzer $(LINK) $(LDFLAGS) -Wl,--wrap=idn_to_ascii -o $@ $^ -lxxhash -lresolv
define link_unit
@mkdir -p $(@D)
$(CC) $(CFLAGS) $(SAN) $(LINK) $(LDFLAGS) $(faults:%=-Wl,--wrap=%) -o $@ $^ -lcmocka -lcrypt -lidn2 -lxxhash -lresolv
endef
%.a:
	@mkdir -p $(@D)
	rm -f $@ && $(AR) rcs $@ $^
define compile
$(1)/obj/%.o: %.c
	@mkdir -p $$(@D)
	$(2) $$(CPPFLAGS) $$(OWN) $$(SAN) $$(CFLAGS) $$(if $$(filter lib/base/% tests/unit/base/%,$$<),,$$(if $$(filter lib/mail/%,$$<),,-iquote $$(dir $$<)) $$(if $$(filter vadmin/ops/%,$$<),$(ops_dirs)) $$(if $$(filter vadmin/%,$$<),$(vadmin_dirs)) -iquote lib/mail) -iquote lib/base -c -o $$@ $$<
endef
$(eval $(call compile,$(OUT),$(CC)))
$(if $(filter 1,$(STATIC)),$(eval $(call compile,$(HOT),$(HOT_CC))))

clean:
	rm -rf out
-include $(shell find $(OUT) -path '*/obj/*.d' 2>/dev/null)
.PHONY: all clean check test unit units asan fuzz fuzzers targets lint deps demo install bench fault powercut
.PRECIOUS: $(OUT)/obj/%.o $(HOT)/obj/%.o
