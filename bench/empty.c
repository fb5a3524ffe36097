/* empty.c: what it costs to start a process: one that does nothing. */
int
main(void)
{
	return 0;
}
