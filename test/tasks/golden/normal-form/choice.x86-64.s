	.file	"choice.c"
	.text
	.globl	choose                          # -- Begin function choose
	.type	choose,@function
choose:                                 # @choose
	.cfi_startproc
# %bb.0:
	cmpl	$4, %edi
	ja	.LBB0_1
# %bb.2:
	movl	%edi, %eax
	leaq	.LJTI0_0(%rip), %rcx
	movslq	(%rcx,%rax,4), %rax
	addq	%rcx, %rax
	jmpq	*%rax
.LBB0_3:
	jmp	f0@PLT                          # TAILCALL
.LBB0_7:
	pushq	%rax
	.cfi_def_cfa_offset 16
	callq	f4@PLT
	addl	$7, %eax
	addq	$8, %rsp
	.cfi_def_cfa_offset 8
	retq
.LBB0_5:
	jmp	f2@PLT                          # TAILCALL
.LBB0_6:
	jmp	f3@PLT                          # TAILCALL
.LBB0_4:
	jmp	f1@PLT                          # TAILCALL
.LBB0_1:
	pushq	$-1
	.cfi_adjust_cfa_offset 8
	popq	%rax
	.cfi_adjust_cfa_offset -8
	retq
.Lfunc_end0:
	.size	choose, .Lfunc_end0-choose
	.cfi_endproc
	.section	.rodata,"a",@progbits
	.p2align	2, 0x0
.LJTI0_0:
	.long	.LBB0_3-.LJTI0_0
	.long	.LBB0_4-.LJTI0_0
	.long	.LBB0_5-.LJTI0_0
	.long	.LBB0_6-.LJTI0_0
	.long	.LBB0_7-.LJTI0_0
                                        # -- End function
	.section	".note.GNU-stack","",@progbits
	.addrsig
