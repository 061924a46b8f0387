/* A 64-bit program that makes 32-bit system calls: getpid (20) ten times by int 0x80, then exit_group(7). */
    .globl _start
    .text
_start:
    mov $10, %r12d
again:
    mov $20, %eax
    int $0x80
    dec %r12d
    jnz again
    mov $7, %edi
    mov $231, %eax
    syscall

    .section .note.GNU-stack, "", @progbits
