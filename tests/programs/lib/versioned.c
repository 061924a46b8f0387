/* A function in version ONE and one in version TWO; the version script decides which exist. */
int versioned_one(void) { return 1; }
int versioned_two(void) { return 2; }
