/* A 32-bit program: getpid (20) five times, then exit (1) with 5. */
    .globl _start
    .text
_start:
    mov $5, %esi
again:
    mov $20, %eax
    int $0x80
    dec %esi
    jnz again
    mov $5, %ebx
    mov $1, %eax
    int $0x80

    .section .note.GNU-stack, "", @progbits
