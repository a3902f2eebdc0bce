	.text
	.type	f, @function
f:
	endbr64
	cmovg	%edx, %eax
	cmovll	%edx, %eax
	cmovnb	%rax, %rdx
	cmove	%r8d, %r9d
	cmovs	%r8, %r9
	bswap	%eax
	bswapq	%rax
	setnz	%al
	sall	$2, %eax
	sarl	%eax
	movq	$0x10, %rax
	movl	$0xfffffff0, %eax
	movabsq	$4607182418800017408, %rax	# imm = 0x3FF0000000000000
	movabsq	$-6148914691236517205, %rax
	rep stosq
	rep;movsq	(%rsi), %es:(%rdi)
	lock cmpxchgl	%ecx, (%rdi)
	lock		addl	$1, counter(%rip)
	movq	foo@GOTPCREL(%rip), %rax
	cmpq	foo@GOTPCREL(%rip), %rax
	call	*bar@GOTPCREL(%rip)
	call	*table(,%rax,8)
	leaq	8+table(%rip), %rdx
	jc	.L2
	notrack jmp	*%rax
.L2:
	rep ret
	.size	f, .-f
