#include "linux/clone_call.h"

// The kernel keeps all registers but those of the call's own convention, so that `body` and `argument` wait
// in two of them. The frame pointer of the child is zero: nothing is to be unwound past its first frame.

#if defined(__x86_64__)

// clone3 is 435, exit is 60.
asm(R"(
  .text
  .hidden holdfast_clone3
  .globl holdfast_clone3
  .type holdfast_clone3, @function
holdfast_clone3:
  .cfi_startproc
  movq %rdx, %r8
  movq %rcx, %r9
  movl $435, %eax
  syscall
  testq %rax, %rax
  jz 1f
  ret
1:
  .cfi_undefined rip
  xorl %ebp, %ebp
  movq %r9, %rdi
  call *%r8
  movl %eax, %edi
  movl $60, %eax
  syscall
  ud2
  .cfi_endproc
  .size holdfast_clone3, .-holdfast_clone3
)");

#elif defined(__aarch64__)

// clone3 is 435, exit is 93.
asm(R"(
  .text
  .hidden holdfast_clone3
  .globl holdfast_clone3
  .type holdfast_clone3, %function
holdfast_clone3:
  .cfi_startproc
  mov x9, x2
  mov x10, x3
  mov x8, #435
  svc #0
  cbz x0, 1f
  ret
1:
  .cfi_undefined x30
  mov x29, #0
  mov x30, #0
  mov x0, x10
  blr x9
  mov x8, #93
  svc #0
  brk #0
  .cfi_endproc
  .size holdfast_clone3, .-holdfast_clone3
)");

#else
#error "clone3 with a stack of its own is written for x86-64 and aarch64 only"
#endif
