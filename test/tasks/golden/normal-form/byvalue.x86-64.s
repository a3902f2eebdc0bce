	.file	"byvalue.c"
	.text
	.globl	give                            # -- Begin function give
	.type	give,@function
give:                                   # @give
	.cfi_startproc
# %bb.0:
	pushq	%rbx
	.cfi_def_cfa_offset 16
	subq	$32, %rsp
	.cfi_def_cfa_offset 48
	.cfi_offset %rbx, -16
	movq	%rdi, %rbx
	movswl	72(%rsp), %edi
	movaps	48(%rsp), %xmm0
	movaps	64(%rsp), %xmm1
	movups	%xmm1, 16(%rsp)
	movups	%xmm0, (%rsp)
	callq	take@PLT
	movq	$5, 48(%rsp)
	movaps	64(%rsp), %xmm0
	movups	%xmm0, 16(%rbx)
	movq	48(%rsp), %rax
	movq	%rax, (%rbx)
	movq	56(%rsp), %rax
	movq	%rax, 8(%rbx)
	movq	%rbx, %rax
	addq	$32, %rsp
	.cfi_def_cfa_offset 16
	popq	%rbx
	.cfi_def_cfa_offset 8
	retq
.Lfunc_end0:
	.size	give, .Lfunc_end0-give
	.cfi_endproc
                                        # -- End function
	.section	".note.GNU-stack","",@progbits
	.addrsig
