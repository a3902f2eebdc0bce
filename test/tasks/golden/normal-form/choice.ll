; ModuleID = 'choice.c'
source_filename = "choice.c"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"

; Function Attrs: minsize nounwind optsize uwtable
define dso_local i32 @choose(i32 noundef %0) local_unnamed_addr #0 {
  switch i32 %0, label %13 [
    i32 0, label %2
    i32 1, label %4
    i32 2, label %6
    i32 3, label %8
    i32 4, label %10
  ]

2:                                                ; preds = %1
  %3 = tail call i32 @f0() #2
  br label %13

4:                                                ; preds = %1
  %5 = tail call i32 @f1() #2
  br label %13

6:                                                ; preds = %1
  %7 = tail call i32 @f2() #2
  br label %13

8:                                                ; preds = %1
  %9 = tail call i32 @f3() #2
  br label %13

10:                                               ; preds = %1
  %11 = tail call i32 @f4() #2
  %12 = add nsw i32 %11, 7
  br label %13

13:                                               ; preds = %1, %10, %8, %6, %4, %2
  %14 = phi i32 [ %12, %10 ], [ %3, %2 ], [ %5, %4 ], [ %7, %6 ], [ %9, %8 ], [ -1, %1 ]
  ret i32 %14
}

; Function Attrs: minsize optsize
declare i32 @f0() local_unnamed_addr #1

; Function Attrs: minsize optsize
declare i32 @f1() local_unnamed_addr #1

; Function Attrs: minsize optsize
declare i32 @f2() local_unnamed_addr #1

; Function Attrs: minsize optsize
declare i32 @f3() local_unnamed_addr #1

; Function Attrs: minsize optsize
declare i32 @f4() local_unnamed_addr #1

attributes #0 = { minsize nounwind optsize uwtable "min-legal-vector-width"="0" "no-trapping-math"="true" "stack-protector-buffer-size"="8" "target-cpu"="x86-64" "target-features"="+cmov,+cx8,+fxsr,+mmx,+sse,+sse2,+x87" "tune-cpu"="generic" }
attributes #1 = { minsize optsize "no-trapping-math"="true" "stack-protector-buffer-size"="8" "target-cpu"="x86-64" "target-features"="+cmov,+cx8,+fxsr,+mmx,+sse,+sse2,+x87" "tune-cpu"="generic" }
attributes #2 = { minsize nounwind optsize }

!llvm.module.flags = !{!0, !1, !2, !3}
!llvm.ident = !{!4}
!llvm.errno.tbaa = !{!5}

!0 = !{i32 1, !"wchar_size", i32 4}
!1 = !{i32 8, !"PIC Level", i32 2}
!2 = !{i32 7, !"PIE Level", i32 2}
!3 = !{i32 7, !"uwtable", i32 2}
!4 = !{!"clang version 22.1.8 (1~deb12u1)"}
!5 = !{!6, !6, i64 0}
!6 = !{!"int", !7, i64 0}
!7 = !{!"omnipotent char", !8, i64 0}
!8 = !{!"Simple C/C++ TBAA"}
