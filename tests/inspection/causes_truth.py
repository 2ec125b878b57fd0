"""Texts whose truth is known, for `test_causes_truth.py`: written for it, by hand.

A pair is a text with a negation and its twin without one, in the words that a person would use; the
twin is of the other class (of a denied comparative: of the same class). Each comes with the class
of the first text, 1 for positive.
"""

ENGLISH_PAIRS = [
    ("Nobody in the house complains any more.", "Everybody in the house complains.", 1),
    ("There is nothing to dislike here.", "There is a lot to dislike here.", 1),
    ("I have no complaints about the room.", "I have complaints about the room.", 1),
    ("You will not regret it.", "You will regret it.", 1),
    ("I did not find a single fault.", "I found many faults.", 1),
    ("It has never let me down.", "It has let me down.", 1),
    ("The zip hasn't failed once.", "The zip has failed.", 1),
    ("Not one of them broke.", "All of them broke.", 1),
    ("No smell of plastic.", "A smell of plastic.", 1),
    ("We had no trouble with the delivery.", "We had trouble with the delivery.", 1),
    ("I cannot say that I dislike it.", "I can say that I dislike it.", 1),
    ("There was no waste of money here.", "There was a waste of money here.", 1),
    ("The plot is not dull.", "The plot is dull.", 1),
    ("The soup was not cold.", "The soup was cold.", 1),
    ("It does not leak.", "It leaks.", 1),
    ("The staff were never rude to us.", "The staff were rude to us.", 1),
    ("None of the seams have torn.", "The seams have torn.", 1),
    ("It works without any annoying noise.", "It works with an annoying noise.", 1),
    ("I was not disappointed.", "I was disappointed.", 1),
    ("The ending isn't a cheat.", "The ending is a cheat.", 1),
    ("The fan doesn't make a terrible noise.", "The fan makes a terrible noise.", 1),
    ("No regrets about this purchase.", "Regrets about this purchase.", 1),
    ("I would not call it a failure.", "I would call it a failure.", 1),
    ("The queue was not long, nor was the food bad.", "The queue was long and the food bad.", 1),
    ("I do not love this.", "I love this.", 0),
    ("It is not worth the money.", "It is worth the money.", 0),
    ("The film never becomes funny.", "The film becomes funny.", 0),
    ("There is no charm in it.", "There is charm in it.", 0),
    ("Nobody enjoyed the show.", "Everybody enjoyed the show.", 0),
    ("Hardly a masterpiece.", "A masterpiece.", 0),
    ("It was neither clever nor moving.", "It was clever and moving.", 0),
    ("Nothing about this is beautiful.", "Everything about this is beautiful.", 0),
]
ENGLISH_COMPARATIVES = [
    ("I couldn't be happier.", "I am very happy.", 1),
    ("We could not be more pleased.", "We are very pleased.", 1),
    ("The staff couldn't have been kinder.", "The staff were very kind.", 1),
    ("It couldn't be easier.", "It is very easy.", 1),
    ("The sound could not be clearer.", "The sound is very clear.", 1),
    ("She couldn't be prouder of it.", "She is very proud of it.", 1),
    ("It couldn't be worse.", "It is very bad.", 0),
    ("I couldn't be more disappointed.", "I am very disappointed.", 0),
]
CHINESE_PAIRS = [
    ("不难吃。", "难吃。", 1),
    ("没有任何问题。", "有很多问题。", 1),
    ("不会后悔。", "会后悔。", 1),
    ("没有让我失望。", "让我失望。", 1),
    ("物流一点不慢。", "物流很慢。", 1),
    ("房间里没有异味。", "房间里有异味。", 1),
    ("服务员不冷淡。", "服务员很冷淡。", 1),
    ("屏幕没有坏点。", "屏幕有坏点。", 1),
    ("从来没有死机过。", "经常死机。", 1),
    ("包装没有破损。", "包装破损了。", 1),
    ("一点也不贵。", "太贵了。", 1),
    ("没有迟到。", "迟到了。", 1),
    ("不吵。", "很吵。", 1),
    ("菜不咸也不油。", "菜又咸又油。", 1),
    ("没有骗人。", "骗人。", 1),
    ("没有缺货。", "缺货。", 1),
    ("键盘不卡。", "键盘很卡。", 1),
    ("没有掉色。", "掉色了。", 1),
    ("饭没有凉。", "饭凉了。", 1),
    ("水果没有烂的。", "水果烂了。", 1),
    ("味道不好。", "味道好。", 0),
    ("没有人喜欢。", "大家都喜欢。", 0),
    ("不值得买。", "值得买。", 0),
    ("一点都不舒服。", "很舒服。", 0),
    ("并不漂亮。", "很漂亮。", 0),
    ("不推荐。", "推荐。", 0),
]
ENGLISH_UNDERSTOOD = [
    *("Not bad at all for the price.", "I have never regretted it.", "No complaints."),
    *("It does not disappoint.", "You cannot go wrong with this.", "I never had any trouble."),
]
"""Negations in praise that en-sentiment reads rightly, each by itself."""
ENGLISH_MISREAD = [
    *("The fabric feels soft yet sturdy.", "Setup took two minutes.", "It won me over."),
    *("My kids fight over who gets to use it.", "The price is hard to beat."),
    *("Customer service answered within an hour.",),
]
"""Praise without a negation, of which en-sentiment reads some wrongly."""
ENGLISH_LEXICAL = [
    ("I can't wait to return this.", 0),
    ("Not only is it slow, it also crashes.", 0),
    ("No doubt the worst of the year.", 0),
    ("No wonder it was half price.", 0),
    ("Not only cheap but sturdy too.", 1),
    ("I can't stop smiling.", 1),
    ("Nothing but praise.", 1),
    ("No matter what I cook, it cleans itself.", 1),
]
CHINESE_LEXICAL = [
    *(("味道不错，就是送得太慢。", 0), ("非常非常咸。", 0), ("差不多等了两个小时。", 0)),
    *(("不得不说又被坑了。", 0), ("无论怎么按都开机失败。", 0), ("别人都说好，我吃完拉肚子。", 0)),
    *(("不愧是老店。", 1), ("价格没错，物超所值。", 1), ("无论送人还是自用都合适。", 1)),
]

ENGLISH = {
    1: [
        *("The picture is brilliant.", "I love the colour.", "A wonderful evening."),
        *("The staff were kind.", "Great sound.", "It works perfectly.", "The acting is superb."),
        *("Excellent value.", "The bread is delicious.", "A charming little story."),
        *("The room was clean and quiet.", "Fantastic service.", "My son adores it."),
        *("The handle feels solid.", "A joy to use.", "The music is beautiful."),
        *("I am impressed by the battery.", "A real gem.", "The garden was lovely."),
        "It looks amazing.",
    ],
    0: [
        *(
            "The zip broke at once.",
            "A terrible film.",
            "The room was filthy.",
            "I hate the smell.",
        ),
        *("The service was awful.", "It is a waste of money.", "The plot is boring."),
        *("The soup was disgusting.", "Poor sound.", "The worst seat in the house."),
        *("The app crashes all the time.", "A stupid ending.", "The fabric feels cheap."),
        *("I am disappointed by the battery.", "The waiter was rude.", "An ugly thing."),
        *("The bread was stale.", "It leaks badly.", "A dull and lifeless story."),
        "The delivery was a disaster.",
    ],
}
"""Class → sentences of one opinion, each of which en-sentiment reads rightly."""
CHINESE = {
    1: [
        *(
            "味道很好。",
            "非常喜欢。",
            "服务员很热情。",
            "房间干净整洁。",
            "物流很快。",
            "质量非常好。",
        ),
        *("性价比很高。", "画面很美。", "屏幕很清晰。", "早餐丰富。", "孩子很喜欢。", "音质很棒。"),
        *("位置很好，交通方便。", "内容精彩。", "包装精美。", "水果很新鲜。", "穿着很舒服。"),
        *("送得很快。", "态度很好。", "值得推荐。"),
    ],
    0: [
        *("味道很差。", "非常失望。", "服务员态度恶劣。", "房间又脏又臭。", "物流太慢了。"),
        *("质量太差了。", "太贵了，浪费钱。", "画面模糊。", "屏幕坏了。", "早餐难吃。"),
        *("孩子不喜欢。", "音质很差。", "位置偏僻，很难找。", "内容无聊。", "包装破损。"),
        *("水果烂了。", "穿着不舒服。", "送得太慢了。", "态度很差。", "不推荐购买。"),
    ],
}
"""The same in Chinese, for zh-sentiment."""
FRAMES = {
    "en": [
        *("The parcel came on Tuesday and it is {}.", "We went there with my brother, {}."),
        *("It has four buttons and a cable: {}.", "My neighbour bought this one and said {}."),
    ],
    "zh": [
        *("我星期二收到的包裹，{}。", "跟同事一起去的，{}。"),
        *("一共四个按键，{}。", "我弟弟也买了一个，{}。"),
    ],
}
"""What says little, around one word."""
UNKNOWN = {
    "en": ["flumbrous", "zwickelig", "quorptal", "snorvixed", "blathrum"],
    "zh": ["龘龘", "囧rz", "🤮", "鱻鱻", "烎"],
}
"""Words that no vocabulary of ours can spell in fewer than three pieces, or signs that it lacks."""
OPINIONS = {
    "en": ["brilliant", "awful", "superb", "disgusting", "terrible", "wonderful"],
    "zh": ["很好", "太差", "非常棒", "很糟糕", "难吃", "喜欢"],
}
IDLE = {
    "en": [
        *("it was what it was , and so it is .", "that is all there is to it ."),
        *("and then we were there with them .", "so that was that .", "and so on , and so on ."),
        *("if it is so , then so be it .", "what is it about , and who is it for ?"),
        "as it was , so it is now .",
    ],
    "zh": [
        *("我们也就是这样的了。", "他们都在那里，我们也在。", "这个就是这个，那个就是那个。"),
        *("那也就那样了。", "你和我，我和你。", "都是这样，也就这样。", "所以我们就来了。"),
    ],
}
"""Nothing but stop words and punctuation."""
