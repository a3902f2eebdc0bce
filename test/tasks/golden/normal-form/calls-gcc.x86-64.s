	.file	"calls.c"
	.text
	.section	.rodata.str1.1,"aMS",@progbits,1
.LC0:
	.string	"bad %s\n"
.LC1:
	.string	"text"
	.text
	.p2align 4
	.globl	report
	.type	report, @function
report:
.LFB22:
	.cfi_startproc
	subq	$8, %rsp
	.cfi_def_cfa_offset 16
	testl	%esi, %esi
	js	.L5
	addl	$1, counter(%rip)
	call	strlen@PLT
	leaq	.LC1(%rip), %rdi
	addq	$8, %rsp
	.cfi_remember_state
	.cfi_def_cfa_offset 8
	movzbl	%al, %esi
	jmp	helper@PLT
.L5:
	.cfi_restore_state
	movq	%rdi, %rdx
	movq	stderr(%rip), %rdi
	leaq	.LC0(%rip), %rsi
	xorl	%eax, %eax
	call	fprintf@PLT
	call	abort@PLT
	.cfi_endproc
.LFE22:
	.size	report, .-report
	.local	counter
	.comm	counter,4,4
	.section	.note.GNU-stack,"",@progbits
