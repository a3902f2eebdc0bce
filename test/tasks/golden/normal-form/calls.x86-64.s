	.file	"calls.c"
	.text
	.globl	report                          # -- Begin function report
	.type	report,@function
report:                                 # @report
	.cfi_startproc
# %bb.0:
	pushq	%rax
	.cfi_def_cfa_offset 16
	movq	%rdi, %rdx
	testl	%esi, %esi
	js	.LBB0_1
# %bb.2:
	incl	counter(%rip)
	movq	%rdx, %rdi
	callq	strlen@PLT
	movzbl	%al, %esi
	leaq	.L.str.1(%rip), %rdi
	popq	%rax
	.cfi_def_cfa_offset 8
	jmp	helper@PLT                      # TAILCALL
.LBB0_1:
	.cfi_def_cfa_offset 16
	movq	stderr@GOTPCREL(%rip), %rax
	movq	(%rax), %rdi
	leaq	.L.str(%rip), %rsi
	xorl	%eax, %eax
	callq	fprintf@PLT
	callq	abort@PLT
.Lfunc_end0:
	.size	report, .Lfunc_end0-report
	.cfi_endproc
                                        # -- End function
	.type	.L.str,@object                  # @.str
	.section	.rodata.str1.1,"aMS",@progbits,1
.L.str:
	.asciz	"bad %s\n"
	.size	.L.str, 8

	.type	counter,@object                 # @counter
	.local	counter
	.comm	counter,4,4
	.type	.L.str.1,@object                # @.str.1
.L.str.1:
	.asciz	"text"
	.size	.L.str.1, 5

	.section	".note.GNU-stack","",@progbits
	.addrsig
