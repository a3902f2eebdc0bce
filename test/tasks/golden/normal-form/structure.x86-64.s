	.file	"structure.c"
	.text
	.globl	visit                           # -- Begin function visit
	.type	visit,@function
visit:                                  # @visit
	.cfi_startproc
# %bb.0:
	movq	8(%rdi), %rax
	leaq	pool(%rip), %rcx
	incw	pool+82(%rip)
	shlq	$5, %rsi
	movswl	20(%rsi,%rcx), %ecx
	cvtsi2sd	%ecx, %xmm0
	movq	head@GOTPCREL(%rip), %rcx
	movq	%rax, (%rcx)
	addsd	24(%rdi,%rsi), %xmm0
	retq
.Lfunc_end0:
	.size	visit, .Lfunc_end0-visit
	.cfi_endproc
                                        # -- End function
	.type	pool,@object                    # @pool
	.local	pool
	.comm	pool,128,16
	.section	".note.GNU-stack","",@progbits
	.addrsig
