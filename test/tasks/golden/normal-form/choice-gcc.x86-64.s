	.file	"choice.c"
	.text
	.section	.text.unlikely,"ax",@progbits
.LCOLDB0:
	.text
.LHOTB0:
	.p2align 4
	.globl	choose
	.type	choose, @function
choose:
.LFB0:
	.cfi_startproc
	subq	$8, %rsp
	.cfi_def_cfa_offset 16
	cmpl	$4, %edi
	ja	.L9
	leaq	.L4(%rip), %rdx
	movl	%edi, %edi
	movslq	(%rdx,%rdi,4), %rax
	addq	%rdx, %rax
	jmp	*%rax
	.section	.rodata
	.align 4
	.align 4
.L4:
	.long	.L8-.L4
	.long	.L7-.L4
	.long	.L6-.L4
	.long	.L5-.L4
	.long	.L3-.L4
	.text
	.p2align 4,,10
	.p2align 3
.L5:
	addq	$8, %rsp
	.cfi_remember_state
	.cfi_def_cfa_offset 8
	jmp	f3@PLT
	.p2align 4,,10
	.p2align 3
.L3:
	.cfi_restore_state
	call	f4@PLT
	addl	$7, %eax
.L1:
	addq	$8, %rsp
	.cfi_remember_state
	.cfi_def_cfa_offset 8
	ret
	.p2align 4,,10
	.p2align 3
.L8:
	.cfi_restore_state
	addq	$8, %rsp
	.cfi_remember_state
	.cfi_def_cfa_offset 8
	jmp	f0@PLT
	.p2align 4,,10
	.p2align 3
.L7:
	.cfi_restore_state
	addq	$8, %rsp
	.cfi_remember_state
	.cfi_def_cfa_offset 8
	jmp	f1@PLT
	.p2align 4,,10
	.p2align 3
.L6:
	.cfi_restore_state
	addq	$8, %rsp
	.cfi_def_cfa_offset 8
	jmp	f2@PLT
	.cfi_endproc
	.section	.text.unlikely
	.cfi_startproc
	.type	choose.cold, @function
choose.cold:
.LFSB0:
.L9:
	.cfi_def_cfa_offset 16
	orl	$-1, %eax
	jmp	.L1
	.cfi_endproc
.LFE0:
	.text
	.size	choose, .-choose
	.section	.text.unlikely
	.size	choose.cold, .-choose.cold
.LCOLDE0:
	.text
.LHOTE0:
	.section	.note.GNU-stack,"",@progbits
