	.text
	.globl	f
	.type	f,@function
f:                                      # @f
.Lf$local:
	.type	.Lf$local,@function
	.cfi_startproc
# %bb.0:
	testl	%edi, %edi
	je	.LBB0_1
# %bb.2:
	decl	%edi
	callq	.Lf$local
.LBB0_1:
	retq
.Lfunc_end0:
	.size	f, .Lfunc_end0-f
	.size	.Lf$local, .Lfunc_end0-f
	.cfi_endproc
